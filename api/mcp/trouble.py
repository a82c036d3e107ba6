"""What is told of a call that was refused: a sentence, and the call to make next."""

from __future__ import annotations

from pydantic import ValidationError as ArgumentError

from api.rest import problems

NEXT = "Next: {next_call}"
OUR_FAULT = "Not done: a fault on our side, which is in the server's log."
UNKNOWN = "There is no argument {name}; there are: {names}."


class Trouble(Exception):
    """A refusal that says what to call next. Its text is shown as it stands."""

    def __init__(self, sentence: str, next_call: str) -> None:
        super().__init__(f"{sentence}\n{NEXT.format(next_call=next_call)}")
        self.sentence, self.next_call = sentence, next_call


def of(error: Exception, next_call: str) -> Trouble:
    """Return the refusal that an error becomes; next_call: for errors that name none."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, ArgumentError):
        return Trouble(_of_arguments(error), next_call)
    refused = problems.of(error)
    if refused.status >= 500:
        return Trouble(OUR_FAULT, next_call)
    if refused.status == 409:
        next_call = f"read it again, then decide; or {next_call}"
    said = [f"{each.field}: {each.message}" for each in refused.errors]
    return Trouble("Not done. " + ("; ".join(said) or refused.message), next_call)


def _of_arguments(error: ArgumentError) -> str:
    """Say what is wrong by argument, without what was sent."""
    said = []
    for each in error.errors(include_url=False, include_input=False)[:10]:
        place = ".".join(str(part) for part in each["loc"]) or "arguments"
        said.append(f"{place}: {each['msg'].removeprefix('Value error, ')}")
    return "Not done. " + "; ".join(said)
