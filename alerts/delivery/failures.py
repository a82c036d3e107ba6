"""The ways in which a message does not arrive, each in words that a person can act on."""

from __future__ import annotations


class Retryable(Exception):
    """May work later. after_s: the server's own wish, in seconds, where it named one."""

    def __init__(self, words: str, after_s: float | None = None) -> None:
        super().__init__(words)
        self.after_s = after_s


class Permanent(Exception):
    """Will not work again as it is. is_dead: neither will the next message to that channel, so
    it is paused until a person has looked."""

    def __init__(self, words: str, is_dead: bool = False) -> None:
        super().__init__(words)
        self.is_dead = is_dead


class Disconnected(Permanent):
    """The team's connection to Slack is what is dead, and with it all of its channels."""

    def __init__(self, words: str) -> None:
        super().__init__(words, is_dead=True)


class Unwanted(Exception):
    """Nobody wants the message any more; the words say since when."""
