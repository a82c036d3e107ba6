"""What the page of one session may be asked for, all in the URL."""

from __future__ import annotations

from django import forms

from core.paging import CursorField
from traces.search.traces import PAGES


class TurnsForm(forms.Form):
    """`?older=` or `?newer=`: which turns of a long session are shown; the newest without."""

    older = CursorField(PAGES)
    newer = CursorField(PAGES)
