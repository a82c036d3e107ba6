"""What the page of the audit log may be asked for, all in the URL."""

from __future__ import annotations

from django import forms
from django.http import QueryDict

from core.paging import Cursor, CursorField
from core.time_range.windows import Window
from teams.audit.reading import MOST_CHARS, PAGES, AuditQuery, Offered
from teams.models import Project

HERE = "project"


class AuditFilter(forms.Form):
    """Bad input counts as empty, and its error is shown."""

    who = forms.CharField(label="Who", required=False, max_length=MOST_CHARS)
    kind = forms.ChoiceField(label="Kind", required=False)
    action = forms.ChoiceField(label="Action", required=False)
    where = forms.ChoiceField(label="Where", required=False)
    older = CursorField(PAGES)
    newer = CursorField(PAGES)

    def __init__(self, data: QueryDict, project: Project, offered: Offered) -> None:
        super().__init__(data)
        self.project, self.people = project, offered.people
        self._offer("kind", [("", "All"), *((kind, in_words(kind)) for kind in offered.kinds)])
        actions = ((action, in_words(action)) for action in offered.actions)
        self._offer("action", [("", "All"), *actions])
        self._offer("where", [("", "The whole team"), (HERE, project.name)])
        self.is_valid()

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def query(self, window: Window) -> AuditQuery:
        """Return what is asked for."""
        return AuditQuery(
            start=window.start,
            end=window.end,
            who=self._value("who"),
            kind=self._value("kind"),
            action=self._value("action"),
            project=self.project.uuid if self._value("where") == HERE else None,
        )

    def place(self, name: str) -> Cursor | None:
        """Return where the page begins (`older`, `newer`), None for the first."""
        cursor: Cursor | None = self.cleaned_data.get(name)
        return cursor

    @property
    def is_narrowed(self) -> bool:
        return any(self._value(name) for name in ("who", "kind", "action", "where"))

    def _value(self, name: str) -> str:
        return str(self.cleaned_data.get(name) or "")


def in_words(name: str) -> str:
    """Say the name of a kind or an action as words: "Key revoked"."""
    words = name.replace(".", " ").replace("_", " ")
    return words[:1].upper() + words[1:]
