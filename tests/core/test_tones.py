from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

from core.ui.tones import PALETTE, SHADES, UNLABELLED, tones


def test_a_label_takes_the_colour_of_its_sentiment() -> None:
    given = tones([("yes", "positive"), ("so-so", "neutral"), ("no", "negative")])
    assert given == {"yes": "positive-1", "so-so": "neutral-1", "no": "negative-1"}


def test_labels_of_one_sentiment_take_different_shades() -> None:
    given = tones([("done", "positive"), ("failed", "negative"), ("left", "negative")])
    assert (given["failed"], given["left"]) == ("negative-1", "negative-2")


def test_several_neutral_labels_take_the_palette_by_position() -> None:
    given = tones([("praise", "positive"), ("bag", "neutral"), ("seat", "neutral")])
    assert given == {"praise": "positive-1", "bag": "label-2", "seat": "label-3"}


def test_every_tone_is_a_token_and_a_class() -> None:
    css = Path(settings.BASE_DIR) / "static" / "css"
    tokens = (css / "tokens.css").read_text()
    classes = (css / "components.css").read_text()
    shades = [f"{s}-{n + 1}" for s in ("positive", "neutral", "negative") for n in range(SHADES)]
    for tone in [*shades, *(f"label-{n + 1}" for n in range(PALETTE))]:
        assert f"--{tone}: light-dark(" in tokens
        assert re.search(rf"\.tone-{tone} ", classes), tone
    assert f".tone-{UNLABELLED} " in classes
