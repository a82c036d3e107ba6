"""Labels of the account pages in our words: allauth's say "Email" and "Remember Me"."""

from __future__ import annotations

from typing import Any

#: By the label that allauth gives.
WORDS = {
    "Email": "E-mail address",
    "Remember Me": "Keep me signed in",
    "Current Password": "Current password",
    "New Password": "New password",
    "New Password (again)": "New password again",
    "Password (again)": "Password again",
    "Authenticator code": "Code that the app shows",
    "Code": "Code of the app, or a recovery code",
}


class InOurWords:
    """Labels of ours, and no placeholder that says the label a second time."""

    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = WORDS.get(str(field.label), field.label)
            field.widget.attrs.pop("placeholder", None)
