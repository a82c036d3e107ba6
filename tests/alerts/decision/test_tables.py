from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from alerts.models import Alert
from tests.signals_app.labelled import new_signal
from tests.traces.arrivals import arrive, new_project, turn
from traces.models import Agent

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"threshold": float("inf")}, id="no endless threshold"),
        pytest.param({"threshold": float("nan")}, id="no threshold that is not a number"),
        pytest.param({"metric": "value_share"}, id="a share needs a label"),
        pytest.param({"label": "true"}, id="a true rate has its label already"),
    ],
)
def test_the_database_refuses_an_alert_that_means_nothing(wrong: dict[str, object]) -> None:
    project = new_project()
    arrive(project, *turn("t"))
    signal = new_signal(Agent.objects.get(project=project))
    given = {"metric": "true_rate", "operator": "gte", "threshold": 20.0, "window": "1h"} | wrong
    with pytest.raises(IntegrityError), transaction.atomic():
        Alert.objects.create(project=project, signal=signal, name="Bad", **given)
