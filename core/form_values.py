"""Forms whose bad values count as not given: the filters of lists."""

from __future__ import annotations

from typing import Any

from django import forms


def good_values(form: forms.Form) -> dict[str, Any]:
    """Return the values of a form that are good, by field; a bad one is left out."""
    form.is_valid()
    return form.cleaned_data
