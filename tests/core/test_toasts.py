"""Toasts that can be undone: only by addresses of our own."""

from __future__ import annotations

import json

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest
from django.test import RequestFactory

from core.ui import toasts
from core.ui.toasts import Undo


@pytest.fixture
def request_() -> HttpRequest:
    request = RequestFactory().get("/")
    request._messages = Kept()  # type: ignore[attr-defined]
    return request


class Kept(list[Message]):
    """Stands for the storage of a request."""

    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        self.append(Message(level, message, extra_tags=extra_tags))


def told(request: HttpRequest) -> Message:
    (message,) = messages.get_messages(request)
    assert isinstance(message, Message)
    return message


def test_an_undo_travels_with_its_toast(request_: HttpRequest) -> None:
    undo = Undo("/p/ours/signals/", "Not all of it.", {"name": "“Ünder” <b>"})
    toasts.done(request_, "It is done.", undo)
    message = told(request_)
    assert (str(message), message.level_tag) == ("It is done.", "success")
    assert toasts.undo_of(message) == undo


def test_most_toasts_have_none(request_: HttpRequest) -> None:
    toasts.done(request_, "It is done.")
    assert toasts.undo_of(told(request_)) is None
    assert toasts.undo_of(Message(messages.SUCCESS, "By others.", extra_tags="signup")) is None


FOREIGN = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
    "p/ours/",
    "",
    "/nowhere/of/ours/",
]


@pytest.mark.parametrize("url", FOREIGN)
def test_an_undo_leads_nowhere_but_to_pages_of_ours(request_: HttpRequest, url: str) -> None:
    with pytest.raises(ValueError, match="address of our own"):
        toasts.done(request_, "It is done.", Undo(url))
    packed = "undo:" + json.dumps({"url": url, "note": "", "fields": {}})
    assert toasts.undo_of(Message(messages.SUCCESS, "Forged.", extra_tags=packed)) is None
