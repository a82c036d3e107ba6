"""Words of the traffic made harmless before the judge reads them.

What stands in a trace was written by people who may want a certain label. Here it loses
what could make a model take it for something else: the special tokens that chat templates
are built from, characters nobody sees, and line ends that would let it leave its place.
Nothing is removed in silence: what is replaced stays visible.
"""

from __future__ import annotations

import re
import unicodedata

#: Tokens of the chat templates in use: ChatML and Llama 3 (<|…|>), DeepSeek (full-width bars),
#: Llama 2 and Mistral ([INST], <<SYS>>, <s>), Gemma (<start_of_turn>), thinking and tool tags.
#: Every repeat is possessive (`*+`): none gives back what it took, and each stops before the
#: next opening bracket, so that no text can make the search go over it twice.
_TOKENS = re.compile(
    r"<\s*+[|\uff5c][\w\u2581\s:/.-]++[|\uff5c]\s*+>"
    r"|<<\s*+/?+\s*+SYS\s*+>>"
    r"|<\s*+/?+\s*+(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|think|thinking|system|user"
    r"|assistant|human|tool_call|tool_response|function_call|function_results|transcript"
    r"[\w-]*+)\s*+>"
    r"|\[\s*+/?+\s*+(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\s*+\]",
    re.IGNORECASE,
)
_BRACKETS = str.maketrans({"<": "\u2039", ">": "\u203a", "[": "\u2045", "]": "\u2046"})
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
#: Letters that are drawn by nothing and read by models: a way to hide an order.
_HIDDEN_LETTERS = re.compile("[\U000e0020-\U000e007e]+")
#: Control and format characters, halves of surrogates, and the selectors that can carry any
#: byte. Joiners stay: they belong to the spelling of several scripts and to emoji.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u08e2\u180e\u200b"
    "\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e01ef]"
)
#: The Hangul fillers are letters that look like a space.
_NOT_IN_NAMES = re.compile("[^\\w.:/@+-]+|[\u115f\u1160\u3164\uffa0]+")
_MAX_NAME_CHARS = 80


def neutral(text: str) -> str:
    """Return the text with hidden letters shown, invisible ones dropped and then every token
    broken.

    In this order once is enough: what is dropped can join two halves of a token, but a broken
    token only loses brackets, and no new one begins where a bracket was.
    """
    return _TOKENS.sub(_broken, _seen(text))


def neutral_name(text: str) -> str:
    """Return a name from the traffic, fit to stand in a heading: one short word.

    A heading of ours has spaces and brackets, and its marks have dashes: a name has none of
    them, so whatever a tool or an agent is called, it reads like a name and not like a mark.
    """
    word = _NOT_IN_NAMES.sub("_", _seen(unicodedata.normalize("NFKC", text[:400]))) or "_"
    return word if len(word) <= _MAX_NAME_CHARS else word[: _MAX_NAME_CHARS - 1] + "…"


def _broken(match: re.Match[str]) -> str:
    return match.group().translate(_BRACKETS)


def _seen(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub("", _HIDDEN_LETTERS.sub(_shown, _LINE_ENDS.sub("\n", text)))


def _shown(match: re.Match[str]) -> str:
    letters = "".join(chr(ord(char) - 0xE0000) for char in match.group())
    return f"(hidden letters: {letters})"
