"""Everything on one machine: the database, the web server and the worker."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from runner import stop_signals
from runner.launcher import Launcher, Refused
from runner.postgres.server import DatabaseTrouble


class Command(BaseCommand):
    help = "Starts the embedded database (unless DATABASE_URL is set), web and worker together."
    # The database that the checks and migrations look at is not there yet.
    requires_system_checks = ()
    requires_migrations_checks = False

    def handle(self, *args: object, **options: object) -> None:
        launcher = Launcher(self.stdout)
        stop_signals.listen()
        try:
            launcher.start()
            launcher.keep_running()
        except stop_signals.Stop:
            pass
        except (Refused, DatabaseTrouble) as error:
            raise CommandError(str(error)) from None
        finally:
            stop_signals.ignore()
            launcher.stop()
