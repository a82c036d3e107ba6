"""Where the usual servers are, and what a person sets before they can be asked. Pure.

Prices are what the providers' own price pages said on the day beside them; where none could be had,
the form begins empty.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Preset:
    """price_*: dollars for a million tokens, None where unknown; priced_on: the day of these
    prices. note: what is to be known of it. is_local: its address is not on the public internet."""

    key: str
    title: str
    base_url: str
    model: str
    price_input_usd: float | None = None
    price_cached_usd: float | None = None
    price_output_usd: float | None = None
    priced_on: date | None = None
    concurrency: int = 8
    timeout_s: int = 60
    note: str = ""
    is_local: bool = False


PRESETS = (
    Preset(
        key="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        model="gpt-5.4-mini",
        price_input_usd=0.75,
        price_cached_usd=0.075,
        price_output_usd=4.5,
        priced_on=date(2026, 4, 30),
        concurrency=16,
    ),
    Preset(
        key="anthropic",
        title="Anthropic",
        base_url="https://api.anthropic.com/v1",
        model="claude-haiku-5-5",
        price_input_usd=0.1,
        price_cached_usd=0.01,
        price_output_usd=0.5,
        priced_on=date(2026, 10, 8),
        note="Asked by its OpenAI-compatible address, which does not hold the model to an answer "
        "form and says nothing of cached tokens.",
    ),
    Preset(
        key="gemini",
        title="Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        model="gemini-3.5-flash-lite",
        price_input_usd=0.3,
        price_output_usd=2.5,
        priced_on=date(2026, 10, 7),
    ),
    Preset(
        key="openrouter",
        title="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        model="openai/gpt-5.4-mini",
        note="Prices differ by model and by who serves it: its page of the model has them.",
    ),
    Preset(
        key="vllm",
        title="vLLM",
        base_url="http://127.0.0.1:8000/v1",
        model="Qwen/Qwen3-8B",
        timeout_s=120,
        note="The model's name is the one that “vllm serve” was started with.",
        is_local=True,
    ),
    Preset(
        key="llamacpp",
        title="llama.cpp",
        base_url="http://127.0.0.1:8080/v1",
        model="default",
        concurrency=2,
        timeout_s=180,
        note="Take as many questions at a time as “llama-server --parallel” has slots. It answers "
        "by the model that it has loaded, whatever name is given.",
        is_local=True,
    ),
    Preset(
        key="ollama",
        title="Ollama",
        base_url="http://127.0.0.1:11434/v1",
        model="qwen3:8b",
        concurrency=2,
        timeout_s=180,
        note="Give it a context of 16k tokens or more (OLLAMA_CONTEXT_LENGTH): it cuts what does "
        "not fit and says nothing.",
        is_local=True,
    ),
)
BY_KEY = {preset.key: preset for preset in PRESETS}
