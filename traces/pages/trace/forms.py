"""What the page of one trace may be asked for, all in the URL."""

from __future__ import annotations

import re

from django import forms

SPAN_ID = re.compile(r"[0-9a-f]{16}")
TIMELINE = "timeline"


class SpanChoice(forms.Form):
    """`?span=<16 hex digits>&full=1&view=timeline`: which span is open, whether long texts are
    whole, and whether the timeline stands in the place of the conversation."""

    span = forms.CharField(required=False)
    full = forms.BooleanField(required=False)
    part = forms.IntegerField(required=False, min_value=1)
    view = forms.ChoiceField(required=False, choices=[("", "Conversation"), (TIMELINE, "Timeline")])

    def clean_span(self) -> str:
        text = str(self.cleaned_data["span"]).lower()
        if text and not SPAN_ID.fullmatch(text):
            raise forms.ValidationError("A span id has 16 hex digits. This is the whole trace.")
        return text
