"""What a query for a signal's labels refuses, by field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from signals_app.labels.queries import LabelQuery

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def query(**values: Any) -> LabelQuery:
    return LabelQuery(**{"start": NOW - timedelta(hours=1), "end": NOW, **values})


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("end", {"end": NOW - timedelta(hours=1)}),
        ("label", {"label": "a\x00"}),
        ("outcome", {"outcome": "lost"}),
        ("source", {"source": "cron"}),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        query(**values)
    assert list(refused.value.message_dict) == [field]


def test_the_order_narrows_nothing_and_a_version_does() -> None:
    assert not query(oldest_first=True).is_narrowed
    assert query(version=2).is_narrowed
