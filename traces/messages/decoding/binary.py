"""Pictures, sound and files inside text and JSON: told by kind and size, never shown.

Base64 is known by its key or its neighbours ("data" beside "mimeType"), by the letters that
a kind of file begins with, or by being longer than any word. Linear in the size of the input.
"""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

MAX_DEPTH: Final = 60
#: Shorter text is base64 only where a key says so; of more letters in a row no word is made.
_LONG: Final = 256
_RUN_CHARS: Final = 1_000
_SHORT: Final = 24

_DATA_URL = re.compile(
    r"data:(?P<mime>[\w.+-]{1,60}/[\w.+-]{1,80})?(?:;[\w.+=-]{1,80}){0,4};base64,"
    r"(?P<data>[A-Za-z0-9+/_=-]*)"
)
_RUN = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{1000,}+={0,2}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
#: Without any of these, JSON text holds nothing that is to be replaced.
_SUSPECT = re.compile(
    r'base64|\\u|(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{256}|"(?:data|blob|bytes|content|b64_json|image|audio|file_data'
    r"|fileData|protectedData|protected_data|encrypted_content|thoughtSignature"
    r'|thought_signature|signature|result)"\s{0,9}:\s{0,9}(?:"[A-Za-z0-9+/_-]{24}|\[\s{0,9}\d)'
)
_ALWAYS = frozenset(
    {
        "protectedData", "protected_data", "encrypted_content", "thoughtSignature",
        "thought_signature", "b64_json", "base64", "blob", "bytes",
    }
)  # fmt: skip
_WITH_KIND = frozenset(
    {"data", "content", "image", "audio", "file_data", "fileData", "signature", "result", "body"}
)
_MIME_KEYS = ("mimeType", "mime_type", "mediaType", "media_type", "contentType", "content_type")
_KINDS = frozenset(
    {"image", "audio", "video", "file", "document", "blob", "media", "input_audio", "input_image",
     "image_generation_call", "image-data", "file-data", "base64", "thinking", "Buffer"}
)  # fmt: skip
_MAGIC = (
    ("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"), ("JVBERi0", "application/pdf"), ("SUQz", "audio/mpeg"),
    ("T2dnUw", "audio/ogg"), ("ZkxhQ", "audio/flac"), ("UEsDB", "application/zip"),
    ("AAAAGGZ0eX", "video/mp4"), ("AAAAIGZ0eX", "video/mp4"), ("Qk0", "image/bmp"),
)  # fmt: skip
_MAX_BYTE = 255
_MIN_BYTES = 32


def size(count: int) -> str:
    """Return a count of bytes for people: "812 B", "123 kB", "4.2 MB"."""
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{round(count / 1_000)} kB"
    return f"{count / 1_000_000:.1f} MB"


def placeholder(mime: str | None, encoded: str) -> str:
    """Return "[image/png, 123 kB]" for a base64 text."""
    kind = mime or kind_of(encoded) or "media"
    return f"[{kind[:140]}, {size(len(encoded) * 3 // 4)}]"


def kind_of(encoded: str) -> str | None:
    """Return the kind of file whose base64 begins with these letters; None when none is known."""
    return next((kind for start, kind in _MAGIC if encoded.startswith(start)), None)


def in_text(text: str) -> str:
    """Return the text with data: URLs and long runs of base64 replaced."""
    if "base64," in text:
        text = _DATA_URL.sub(lambda match: placeholder(match["mime"], match["data"]), text)
    if len(text) >= _RUN_CHARS:
        text = _RUN.sub(_run, text)
    return text


def _run(match: re.Match[str]) -> str:
    return placeholder(None, match[0]) if _is_mixed(match[0]) else match[0]


def is_suspect(json_text: str) -> bool:
    """Say whether JSON text may hold something that `in_value` replaces."""
    return _SUSPECT.search(json_text) is not None


def in_value(value: Any, hint: str | None = None, depth: int = 0) -> Any:
    """Return the JSON value with placeholders for what is no text; the same object where it holds
    none. JSON inside its strings is read too, so that its letters are shown as letters."""
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, str):
        return _in_string(value, depth)
    if isinstance(value, list):
        items = [in_value(item, hint, depth + 1) for item in value]
        is_same = all(new is old for new, old in zip(items, value, strict=True))
        return value if is_same else items
    if isinstance(value, dict):
        return _in_object(value, hint, depth)
    return value


def _in_object(value: dict[str, Any], hint: str | None, depth: int) -> dict[str, Any]:
    kind = _kind(value) or hint
    replaced: dict[str, Any] = {}
    for key, held in value.items():
        if isinstance(held, str):
            replaced[key] = _member(key, held, kind, depth)
        elif isinstance(held, list) and _is_bytes(key, held, kind):
            replaced[key] = f"[{kind if kind and '/' in kind else 'media'}, {size(len(held))}]"
        else:
            inner = key if key in _KINDS else kind
            replaced[key] = in_value(held, inner, depth + 1)
    return value if all(replaced[key] is value[key] for key in value) else replaced


def _member(key: str, held: str, kind: str | None, depth: int) -> str:
    named = key in _ALWAYS or (key in _WITH_KIND and kind is not None)
    if named and len(held) >= _SHORT and _is_base64(held):
        mime = kind if kind and "/" in kind else kind_of(held) or _plain(kind)
        return placeholder(mime, held)
    return _in_string(held, depth)


def _in_string(text: str, depth: int) -> str:
    if len(text) < _SHORT and "\\u" not in text:
        return text
    if text[0] in "{[" and is_suspect(text):
        try:
            inner = orjson.loads(text)
        except ValueError:
            return in_text(text)
        if isinstance(inner, dict | list):
            replaced = in_value(inner, None, depth + 1)
            if replaced is not inner or "\\u" in text:
                return orjson.dumps(replaced).decode()
        return text
    if len(text) >= _LONG and _is_base64(text) and (kind_of(text) or _is_mixed(text)):
        return placeholder(None, text)
    return in_text(text)


def _kind(value: dict[str, Any]) -> str | None:
    """Return what the neighbours of some data say that it is."""
    for key in _MIME_KEYS:
        named = value.get(key)
        if isinstance(named, str) and named:
            return named
    named = value.get("type", value.get("format"))
    return named if isinstance(named, str) and (named in _KINDS or "format" in value) else None


def _plain(kind: str | None) -> str | None:
    return {"input_audio": "audio", "input_image": "image", "Buffer": None, "base64": None}.get(
        kind or "", kind
    )


def _is_bytes(key: str, held: list[Any], kind: str | None) -> bool:
    """Say whether a list is Node's {"type": "Buffer", "data": [137, 80, …]} or its like."""
    if len(held) < _MIN_BYTES or (key not in _ALWAYS and not (key == "data" and kind)):
        return False
    return all(type(item) is int and 0 <= item <= _MAX_BYTE for item in held)


def _is_base64(text: str) -> bool:
    bare = text.replace("\n", "").replace("\r", "") if "\n" in text else text
    return _BASE64.fullmatch(bare) is not None


def _is_mixed(text: str) -> bool:
    """Say whether a text has capitals, small letters and digits, as no long word has them all."""
    head = text[:4000]
    has_digit = any(char.isdigit() for char in head)
    return has_digit and not head.islower() and not head.isupper() and not head.isdigit()
