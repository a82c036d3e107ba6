"""A letter as Slack's blocks. Pure. At most 50 blocks, 150 characters of a header and 3,000 of a
text: docs.slack.dev, "Blocks"."""

from __future__ import annotations

from typing import Any

from alerts.overview.letter import Letter, Section

Block = dict[str, Any]
HEADER_CHARS = 150
TEXT_CHARS = 2900
#: Slack escapes nothing itself, and reads <…> as a link or a mention.
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def of(letter: Letter, is_test: bool) -> list[Block]:
    return [
        {"type": "header", "text": _plain(f"{letter.project}: {letter.date}", HEADER_CHARS)},
        *([_context(":test_tube: A test: it does not count as the day's overview.")] * is_test),
        *([_section(escape(letter.nothing))] if letter.nothing else _body(letter)),
        {"type": "actions", "elements": [_button("View signals", letter.links.signals)]},
        _context(f"Times in {escape(letter.zone)} · <{letter.links.manage}|Change or stop this>"),
    ]


def _body(letter: Letter) -> list[Block]:
    totals = [f"*{name}*\n{escape(value)}" for name, value in letter.totals]
    if letter.chart:
        totals.append(f"*By the hour*\n{escape(letter.chart.peak)}")
    more = f"<{letter.links.signals}|and {letter.more} more>" if letter.more else ""
    return [
        _section(f"*{escape(letter.headline)}*\n{escape(letter.detail)}"),
        *([_context(escape(letter.hours))] if letter.hours else []),
        {"type": "section", "fields": [_markdown(text) for text in totals]},
        {"type": "divider"},
        *(_section(_card(section)) for section in letter.sections),
        *([_context(more)] if more else []),
        _context(escape(letter.footnote)),
    ]


def _card(section: Section) -> str:
    lines = [
        f"*<{section.url}|{escape(section.name)}>*: {section.volume}",
        escape(f"{section.volume_change} · {section.about}"),
        *(escape(f"{s.label}: {s.share} ({s.change})") for s in section.shares),
        *([f"and {section.more_shares} more labels"] if section.more_shares else []),
        *([escape(" · ".join(section.facts))] if section.facts else []),
        *([escape(section.note)] if section.note else []),
    ]
    return "\n".join(lines)


def escape(text: str) -> str:
    return text.translate(ESCAPES)


def _section(text: str) -> Block:
    return {"type": "section", "text": _markdown(text)}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [_markdown(text)]}


def _button(text: str, url: str) -> Block:
    return {"type": "button", "text": _plain(text, 75), "url": url, "style": "primary"}


def _markdown(text: str) -> Block:
    return {"type": "mrkdwn", "text": text[:TEXT_CHARS]}


def _plain(text: str, most: int) -> Block:
    return {"type": "plain_text", "text": text[:most], "emoji": False}
