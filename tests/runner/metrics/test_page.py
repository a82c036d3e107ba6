"""/metrics of a running program, read by Prometheus's own parser, and the files in deploy/."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families as parsed

from benchmarks.killed import Traffic, prepare
from core.background import heartbeats
from core.metrics import counters
from core.models import Backup
from runner.health.checks import Check
from runner.metrics import gauges, page
from signals_app.queue.counted import LATENCY
from tests.fake_judge import FakeJudge
from tests.server import OWN_ENVIRONMENT, WebServer, Worker, own_database, wait_until

DEPLOY = django_settings.BASE_DIR / "deploy"
TOKEN = "a-long-token"
NAME = re.compile(r"\bsignals_[a-z_]+")


def names(text: str) -> set[str]:
    return {sample.name for family in parsed(text) for sample in family.samples}


def every_name() -> set[str]:
    """Return all names that the page may have."""
    of_gauges = {each[0] for each in vars(gauges).values() if isinstance(each, tuple)}
    of_counters = {each.name for each in page.COUNTERS}
    more = {f"{LATENCY.name}_{each}" for each in ("bucket", "sum", "count")}
    return {name for name in of_gauges | of_counters | more if str(name).startswith("signals_")}


@pytest.mark.django_db(transaction=True)
def test_the_page_has_every_gauge() -> None:
    now = timezone.now()
    heartbeats.write("sweep", now)
    Backup.objects.create(started_at=now, finished_at=now)
    found = [Check("database", "Database", True, "It took a write.")]
    told = [*gauges.of_machine(found), *gauges.of_database()]
    assert {each.name for each in told} == {
        each[0] for each in vars(gauges).values() if isinstance(each, tuple)
    }


def test_every_counter_is_on_the_page() -> None:
    assert {each.name for each in page.COUNTERS} >= set(counters.registered)


@pytest.mark.parametrize("path", ["grafana/signals.json", "prometheus/signals.rules.yml"])
def test_every_metric_of_a_deployed_file_is_on_the_page(path: str) -> None:
    text = (DEPLOY / path).read_text("utf-8")
    used = set(NAME.findall(text))
    assert len(used) > 2
    assert used <= every_name()


def test_the_dashboard_shows_every_metric() -> None:
    dashboard: Any = json.loads((DEPLOY / "grafana" / "signals.json").read_text("utf-8"))
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    said = " ".join(t["expr"] for panel in dashboard["panels"] for t in panel.get("targets", ()))
    assert {each.removesuffix("_seconds") for each in every_name() - set(NAME.findall(said))} <= {
        "signals_judge_latency"
    }


def get(url: str, token: str = "") -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.slow
def test_all_processes_of_a_running_program_are_counted(tmp_path: Path) -> None:
    given = {"METRICS_TOKEN": TOKEN, "TRACE_QUIET_S": "0", "DATA_DIR": str(tmp_path)}
    with own_database() as database, FakeJudge() as judge:
        given |= {"JUDGE_BASE_URL": judge.url, "JUDGE_PRICE_INPUT_USD": "1"}
        key = prepare(OWN_ENVIRONMENT | given | {"DATABASE_URL": database.url})
        web = WebServer(database.url, workers=2, environment=given)
        with web, Worker(database.url, given):
            url = f"{web.url}/metrics"
            assert get(url)[0] == 401
            assert get(url, "another")[0] == 401
            traffic = Traffic(web.url, key, 0.05)
            traffic.start()
            wait_until(lambda: len(traffic.sent) >= 10, 60, "traffic")
            refused = Traffic(web.url, "sig_nothing", 0.05)
            refused.start()
            wait_until(lambda: refused.tried_again > 1, 20, "refusals")
            traffic.over.set()
            wait_until(lambda: told(url)["signals_judge_answers_total"] >= 10, 60, "labels")
            wait_until(lambda: told(url)["signals_ingest_spans_total"] >= 10, 20, "spans")
            at_last, text = told(url), get(url, TOKEN)[1]
    assert at_last["signals_ingest_spans_total"] == len(traffic.sent)
    assert at_last["signals_ingest_bytes_total"] > 1000
    assert at_last["signals_ingest_refused_total"] >= 1
    assert at_last["signals_judge_latency_seconds_count"] >= 10
    assert at_last["signals_judge_tokens_total"] > 1000
    assert at_last["signals_judge_cost_usd_total"] > 0
    assert at_last["signals_processes"] >= 3
    assert at_last["signals_process_memory_bytes"] > 10_000_000
    assert "Acme" not in text
    assert "support" not in text


def told(url: str) -> dict[str, float]:
    """Return the sum of each name's samples."""
    time.sleep(1.1)
    status, text = get(url, TOKEN)
    assert status == 200, text
    sums: dict[str, float] = dict.fromkeys(every_name(), 0.0)
    for family in parsed(text):
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    return sums


@pytest.mark.slow
def test_without_a_token_there_are_no_metrics(web_server: WebServer) -> None:
    status, text = get(f"{web_server.url}/metrics", TOKEN)
    assert (status, text) == (404, "There are no metrics: METRICS_TOKEN is not set.\n")
