"""The form of a judge: what a person types, and what it begins with."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from signals_app.judge_endpoints import address, editing
from signals_app.judge_endpoints.editing import Settings
from signals_app.judge_endpoints.presets import Preset
from signals_app.models import JudgeEndpoint


def _price(label: str, help_text: str = "") -> forms.FloatField:
    return forms.FloatField(
        label=label,
        required=False,
        min_value=0,
        max_value=editing.MOST_PRICE_USD,
        widget=forms.NumberInput(attrs={"step": "any", "min": "0", "inputmode": "decimal"}),
        help_text=help_text,
    )


class JudgeForm(forms.Form):
    """What is set of a judge; the rules are those of signals_app/judge_endpoints/editing.py."""

    name = forms.CharField(
        label="Name",
        max_length=editing.MAX_NAME_CHARS,
        error_messages={"required": "Give the judge a name."},
        help_text="As it stands beside labels, such as “Claude” or “GPU in the cellar”.",
    )
    base_url = forms.CharField(
        label="Address",
        max_length=500,
        error_messages={"required": "Say where the server is."},
        widget=forms.URLInput(attrs={"class": "mono", "spellcheck": "false"}),
        help_text="Of an OpenAI-compatible API, up to and with its version, such as /v1.",
    )
    key = forms.CharField(
        label="API key",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "class": "mono"}),
    )
    has_no_key = forms.BooleanField(label="Take the stored key away", required=False)
    model = forms.CharField(
        label="Model",
        max_length=editing.MAX_MODEL_CHARS,
        error_messages={"required": "Say which model is asked."},
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        help_text="As the server calls it.",
    )
    price_input_usd = _price("Input")
    price_cached_usd = _price("Cached input")
    price_output_usd = _price("Output")
    concurrency = forms.IntegerField(
        label="Questions at a time",
        min_value=1,
        max_value=editing.MOST_CONCURRENCY,
        initial=8,
        help_text="At most, of all processes together. They begin low, and grow while that brings "
        "more answers.",
    )
    timeout_s = forms.FloatField(
        label="Time-out in seconds",
        min_value=1,
        initial=60,
        help_text="For one answer. Models that think, or run on a small machine, need more.",
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        endpoint: JudgeEndpoint | None = None,
        preset: Preset | None = None,
    ) -> None:
        super().__init__(data, initial=begun(endpoint, preset))
        self.stored_url = endpoint.base_url if endpoint else ""
        stored = endpoint is not None and endpoint.has_key
        self.fields["key"].help_text = (
            "One is stored, and is shown to nobody. Left empty, it stays."
            if stored
            else "Sealed when it is stored, and shown to nobody after that. Local servers often "
            "want none."
        )
        if not stored:
            del self.fields["has_no_key"]

    def clean_base_url(self) -> str:
        """Say at once what cannot be called, whatever else is wrong with the form."""
        base_url = address.plain(self.cleaned_data["base_url"])
        if base_url != self.stored_url and (words := address.refusal(base_url)):
            raise forms.ValidationError(words)
        return base_url

    @property
    def settings(self) -> Settings:
        given = self.cleaned_data
        key: str | None = given["key"] or None
        if given.get("has_no_key"):
            key = ""
        return Settings(
            name=given["name"],
            base_url=given["base_url"],
            model=given["model"],
            key=key,
            price_input_usd=given["price_input_usd"],
            price_cached_usd=given["price_cached_usd"],
            price_output_usd=given["price_output_usd"],
            concurrency=given["concurrency"],
            timeout_s=given["timeout_s"],
        )

    def show(self, refused: forms.ValidationError) -> None:
        """Put what a verb refused at its fields."""
        for field, sentences in refused.message_dict.items():
            self.add_error(field if field in self.fields else None, sentences)


NAMES = (
    *("name", "base_url", "model", "price_input_usd", "price_cached_usd", "price_output_usd"),
    *("concurrency", "timeout_s"),
)


def begun(endpoint: JudgeEndpoint | None, preset: Preset | None) -> dict[str, Any]:
    """Return what the form starts with."""
    if endpoint is not None:
        return {name: _short(getattr(endpoint, name)) for name in NAMES}
    if preset is None:
        return {}
    values = {name: getattr(preset, name) for name in NAMES if name != "name"}
    return values | {"name": preset.title}


def _short(value: Any) -> Any:
    return f"{value:g}" if isinstance(value, float) else value
