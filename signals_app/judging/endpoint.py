"""A judge as a pump uses it: where it is, what it costs, how hard it may be pressed. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

#: What stands for the judges that have no row of their own.
ENVIRONMENT: Final = 0
OFFLINE: Final = -1


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for a million tokens; None is unknown, 0 is free. cached: None is as other input."""

    input: float | None = None
    cached: float | None = None
    output: float | None = None

    @property
    def are_known(self) -> bool:
        return self.input is not None and self.output is not None

    def of(
        self, input_tokens: float | None, output_tokens: float | None, cached: float | None
    ) -> float | None:
        """Return what so many tokens cost in dollars; None while a price or a number is unknown:
        unknown is not free. cached: those of the input that the server had read before."""
        if self.input is None or self.output is None:
            return None
        if input_tokens is None or output_tokens is None:
            return None
        again = min(cached or 0, input_tokens)
        cached_price = self.input if self.cached is None else self.cached
        dollars = (input_tokens - again) * self.input + again * cached_price
        return float(dollars + output_tokens * self.output) / 1e6


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One judge. id: of its row, else ENVIRONMENT or OFFLINE. name: "" where it has none.

    revision: grows when it changes. trouble: why it cannot be asked at all, in words.
    """

    id: int
    model: str
    name: str = ""
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    prices: Prices = Prices()
    concurrency: int = 1
    timeout_s: float = 60.0
    revision: int = 1
    trouble: str = ""

    @property
    def is_offline(self) -> bool:
        return self.id == OFFLINE

    @property
    def is_projects_own(self) -> bool:
        """Say whether a person typed its address."""
        return self.id > 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """The judge that answers a question, with the model that it is asked for. trouble: why that
    cannot be, in words."""

    endpoint: Endpoint
    model: str
    trouble: str = ""

    @property
    def shown(self) -> str:
        """Name and model, as every page says them."""
        return shown(self.endpoint.name, self.model)


def shown(name: str, model: str) -> str:
    """Say which judge that is: its name, where it has one, and its model."""
    return f"{name} · {model}" if name and model and name != model else name or model
