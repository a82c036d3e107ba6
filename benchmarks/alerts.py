"""What the pass of every minute costs, and a backtest: seconds for many alerts on dense counts.

    python -m benchmarks.alerts [--alerts 1000] [--signals 200] [--days 30] [--passes 20]

Starts a database of its own (fsync on) and puts counts into it: for every signal each
minute of four days, and of all `days` for one; two labels, two versions (the second at half the
sample rate, a day old), failures and runs beside them. The alerts mix metrics, comparisons,
windows of 5 minutes to 48 hours, cooldowns and the guard. Passes are of one minute after another.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from benchmarks import own_database

PASS_LIMIT_S = 5.0
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
#: What the longest change looks at is four days.
DENSE = 4 * DAY + timedelta(hours=1)


def main() -> None:
    args = arguments()
    values = f"{args.alerts}, {args.signals}, {args.days}, {args.passes}"
    own_database.run(f"from benchmarks.alerts import measure; measure({values})")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--alerts", type=int, default=1000)
    parser.add_argument("--signals", type=int, default=200)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--passes", type=int, default=20)
    return parser.parse_args()


def measure(alerts: int, signals: int, days: int, passes: int) -> None:
    """Measure in this process, which has the settings of the benchmark."""
    from alerts.evaluation.evaluating import evaluate_all
    from alerts.models import Delivery, Firing

    now = datetime.now(UTC).replace(second=0, microsecond=0)
    watched = some_signals(signals, now - (days + 5) * DAY)
    took_s, rows = timed(lambda: seed(watched, now, days))
    say("seeded", f"{rows:,} counts of {signals} signals in {took_s:.0f} s")
    some_alerts(watched, alerts)
    looked = [
        timed(partial(evaluate_all, now + n * MINUTE + timedelta(seconds=15)))
        for n in range(1, passes + 1)
    ]
    took = sorted(seconds for seconds, _ in looked)
    if any(found.alerts != alerts for _, found in looked):
        sys.exit("a pass left alerts out")
    say("passes", f"{passes} over {alerts:,} alerts: p50 {statistics.median(took):.2f} s,"
        f" p95 {took[int(0.95 * (passes - 1))]:.2f} s, max {took[-1]:.2f} s")  # fmt: skip
    say("fired", f"{Firing.objects.count():,} firings, {Delivery.objects.count():,} deliveries")
    backtests(watched[0], now, days)
    if took[-1] > PASS_LIMIT_S:
        sys.exit(f"a pass took longer than {PASS_LIMIT_S} s")


def some_signals(number: int, since: datetime) -> list[Any]:
    """Make signals of two versions each, active since `since`."""
    from signals_app.definition import versions
    from tests.alerts.watched import began
    from tests.signals_app.labelled import new_agent, new_signal
    from tests.traces.arrivals import member, new_project

    project = new_project("bench")
    member(project)
    found = []
    for n in range(number):
        signal = new_signal(new_agent(project, f"agent {n}"), sample_rate=1.0)
        began(signal, since)
        live = signal.live_version
        assert live is not None
        versions.add(signal, type=live.type, prompt="Again?", labels=live.labels, sample_rate=0.5)
        found.append(signal)
    return found


def some_alerts(watched: list[Any], number: int) -> None:
    from alerts.decision.rule import COOLDOWNS_MIN, WINDOWS
    from alerts.models import Alert, Destination

    chance, windows = random.Random(1), list(WINDOWS)
    made = [
        Alert(
            project_id=watched[n % len(watched)].project_id,
            signal=watched[n % len(watched)],
            name=f"Alert {n}",
            **condition(chance),
            window=windows[n % len(windows)],
            cooldown_min=chance.choice(COOLDOWNS_MIN),
            guard=chance.random() < 0.7,
            min_labels=chance.choice([0, 20]),
        )
        for n in range(number)
    ]
    Alert.objects.bulk_create(made)
    Destination.objects.bulk_create(Destination(alert=alert, kind="email") for alert in made)


def condition(chance: random.Random) -> dict[str, Any]:
    """Draw a condition; three of four compare with the window before."""
    metric = chance.choice(["true_rate", "value_share", "value_count", "label_volume"])
    is_share = metric in {"true_rate", "value_share"}
    found = {"metric": metric, "label": "false" if metric.startswith("value") else ""}
    if chance.random() < 0.25:
        threshold = 0.3 if is_share else 100.0
        return found | {"comparison": "absolute", "operator": "gte", "threshold": threshold}
    operator, threshold = chance.choice([("gte", 20.0), ("lte", -20.0)])
    return found | {"comparison": "pct_change", "operator": operator, "threshold": threshold}


def seed(watched: list[Any], now: datetime, days: int) -> int:
    """Minutes in the order of the key, hours summed up from them; returns how many rows."""
    from django.db import connection

    given: dict[str, Any] = {"now": now}
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        for index, signal in enumerate(watched):
            first, second = signal.versions.order_by("number").values_list("pk", flat=True)
            cursor.execute(MINUTES, given | {
                "project": signal.project_id,
                "signal": signal.pk,
                "past": DENSE if index else (days + 4) * DAY,
                "first": first,
                "second": second,
            })  # fmt: skip
        cursor.execute("""
            INSERT INTO label_count SELECT project_id, signal_id, 'h',
                date_trunc('hour', bucket, 'UTC'), version_id, source, outcome, label, sample_rate,
                sum(n)
            FROM label_count GROUP BY 1, 2, 4, 5, 6, 7, 8, 9 ORDER BY 1, 2, 3, 4""")
        cursor.execute("VACUUM ANALYZE label_count")
        cursor.execute("SELECT count(*) FROM label_count")
        return int(cursor.fetchone()[0])


#: About twenty labels a minute, every tenth of them true; some failures, some labels of runs.
MINUTES = """
INSERT INTO label_count (project_id, signal_id, grain, bucket, version_id, source, outcome,
    label, sample_rate, n)
SELECT %(project)s, %(signal)s, 'm', at, version.id, source, outcome, label, version.sample_rate, n
FROM generate_series(%(now)s - %(past)s, %(now)s + interval '1 hour', interval '1 minute') AS at,
    LATERAL (VALUES ('live', 'failed', '', (random() < 0.2)::int),
        ('live', 'labelled', 'false', 10 + (at IS NOT NULL)::int * floor(17 * random())::int),
        ('live', 'labelled', 'true', floor(5 * random())::int),
        ('run', 'labelled', 'true', 3 * (random() < 0.2)::int)
    ) AS kind(source, outcome, label, n)
JOIN signals_app_signalversion AS version ON version.id =
    CASE WHEN at < %(now)s - interval '1 day' THEN %(first)s ELSE %(second)s END
WHERE n > 0
"""


def backtests(signal: Any, now: datetime, days: int) -> None:
    from alerts.decision.backtest import replay
    from alerts.decision.chance import false_firings
    from alerts.decision.rule import WINDOWS, Comparison, Metric, Operator, Rule
    from alerts.evaluation import window_counts
    from signals_app.definition import activity

    for length in sorted({7, days}):
        for window in ("5m", "1h", "48h"):
            rule = Rule(Metric.TRUE_RATE, Comparison.PCT_CHANGE, Operator.GTE, 20, WINDOWS[window])
            since = now - length * DAY
            begin = since - rule.reach
            asked_s, series = timed(partial(window_counts.series, signal, rule.watched, begin, now))
            active = activity.stretches([signal.pk], begin, now + DAY)[signal.pk]
            given = (rule, series, since, now, active)
            took_s, found = timed(partial(replay, *given))
            chance_s, _ = timed(partial(false_firings, *given))
            say(f"{length} d, {window}", f"counts {asked_s * 1000:.0f} ms, replay"
                f" {took_s * 1000:.0f} ms, by chance {chance_s * 1000:.0f} ms;"
                f" {len(found.firings)} firings, {len(found.held)} held")  # fmt: skip


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    found = call()
    return time.perf_counter() - start, found


def say(what: str, words: str) -> None:
    print(f"{what:>18}: {words}", flush=True)


if __name__ == "__main__":
    main()
