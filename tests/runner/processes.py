"""The processes of a running worker, as a test sees them."""

from __future__ import annotations

import psutil

from tests.server import Worker

#: Workers of each cluster by the settings' defaults.
WORKERS = {"signals": 4, "judge": 2}


class Tree:
    """The processes of a running worker, read afresh at every question."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    @property
    def top(self) -> psutil.Process:
        return psutil.Process(self.worker.pid)

    @property
    def watchdog(self) -> psutil.Process:
        return self.top.children()[0]

    def sentinel(self, cluster: str = "signals") -> psutil.Process:
        """Return the sentinel of the cluster of that name, which its nursery has forked."""
        for each in self.watchdog.children():
            if each.environ().get("Q_CLUSTER_NAME") == cluster:
                return each.children()[0]
        raise LookupError(f"no cluster {cluster}")

    def pool(self, cluster: str = "signals") -> list[psutil.Process]:
        """Return workers, then monitor and pusher: the order in which django-q2 forks them."""
        children = self.sentinel(cluster).children()
        return sorted(children, key=lambda each: (each.create_time(), each.pid))

    def busiest(self, cluster: str) -> psutil.Process:
        """Return the worker of the cluster that has used the most CPU."""
        workers = self.pool(cluster)[:-2]
        return max(workers, key=lambda each: sum(each.cpu_times()[:2]))

    def nursery(self, cluster: str = "signals") -> psutil.Process:
        """Return the first process of the cluster of that name, which forks the others."""
        return self.sentinel(cluster).parent() or self.top

    def is_complete(self) -> bool:
        """Say whether both clusters have all their processes."""
        try:
            return all(len(self.pool(name)) == count + 2 for name, count in WORKERS.items())
        except (LookupError, psutil.NoSuchProcess):
            return False


def is_alive(process: psutil.Process) -> bool:
    """Say whether the process runs and is no zombie."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def are_gone(processes: list[psutil.Process]) -> bool:
    """Say whether none of the processes is alive."""
    return not any(map(is_alive, processes))
