"""What people may choose when they make a key."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from teams import keys
from teams.models import ApiKey, Project, Rights, User

NEVER, ON_A_DATE = "never", "date"
EXPIRES = [
    (NEVER, "Never"),
    ("30", "In 30 days"),
    ("90", "In 90 days"),
    ("365", "In a year"),
    (ON_A_DATE, "After a date"),
]


class ApiKeyForm(forms.Form):
    """A key to be made; `issue` makes it, and may find more that is wrong."""

    name = forms.CharField(
        label="Name of the key",
        max_length=keys.MAX_NAME_CHARS,
        help_text="Where it is used, such as “production”.",
    )
    rights = forms.ChoiceField(
        label="What it may do",
        choices=Rights.choices,
        initial=Rights.WRITE,
        widget=forms.RadioSelect,
        help_text="Sending traces needs read and write. This cannot be changed later.",
    )
    note = forms.CharField(label="Note", max_length=keys.MAX_NOTE_CHARS, required=False)
    expires = forms.ChoiceField(label="Expires", choices=EXPIRES, initial=NEVER)
    last_day = forms.DateField(
        label="Last day",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="It works until the end of this day.",
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        """Give the fields ids of their own: another form of the page has a field `name`."""
        super().__init__(data, auto_id="key_%s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        needs_day = cleaned.get("expires") == ON_A_DATE and "last_day" not in self.errors
        if needs_day and not cleaned.get("last_day"):
            self.add_error("last_day", "Choose the last day on which the key works.")
        return cleaned

    def issue(self, project: Project, user: User, now: datetime) -> tuple[ApiKey, str] | None:
        """Make the key that the form, once valid, describes; None where that is refused."""
        given = self.cleaned_data
        try:
            expires_at = _expires_at(given["expires"], given["last_day"], now)
            words = {"rights": given["rights"], "note": given["note"], "expires_at": expires_at}
            return keys.issue(project, given["name"], user, now=now, **words)
        except forms.ValidationError as refused:
            for field, messages in refused.message_dict.items():
                self.add_error(self._field_of(field), messages)
            return None

    def _field_of(self, name: str) -> str:
        if name != "expires_at":
            return name
        return "last_day" if self.cleaned_data.get("expires") == ON_A_DATE else "expires"


def _expires_at(expires: str, last_day: date | None, now: datetime) -> datetime | None:
    """Return the end of the chosen day in the viewer's zone, or the end of so many days."""
    if expires == NEVER:
        return None
    if expires != ON_A_DATE or last_day is None:
        return now + timedelta(days=int(expires))
    try:
        after = last_day + timedelta(days=1)
    except OverflowError:
        after = last_day
    return timezone.make_aware(datetime(after.year, after.month, after.day))
