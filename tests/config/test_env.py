from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import env


@pytest.fixture(autouse=True)
def _keep_the_list_of_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(env, "read_names", [])


def test_an_unset_setting_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOME_NUMBER", raising=False)
    assert env.integer("SOME_NUMBER", 7) == 7
    assert env.flag("SOME_NUMBER", True) is True


def test_names_that_no_setting_reads_are_told(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("JUDGE_MODEL=x\n# NOTE=1\nJUGDE_PUMPS=3\n")
    env.text("JUDGE_MODEL")
    assert env.unknown_names(file) == ["JUGDE_PUMPS"]


def test_an_empty_setting_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TEXT", "")
    monkeypatch.setenv("OTHER_TEXT", "other")
    assert env.text("SOME_TEXT", "default") == "default"
    assert env.text("SOME_TEXT", "default", "OTHER_TEXT") == "other"


@pytest.mark.parametrize(
    ("read", "word", "message"),
    [
        (lambda: env.integer("SETTING", 1), "many", "SETTING must be a whole number, not 'many'"),
        (lambda: env.integer("SETTING", 1, least=1), "0", "SETTING must be at least 1, not 0"),
        (lambda: env.decimal("SETTING", 1), "1,5", "SETTING must be a number, not '1,5'"),
        (lambda: env.decimal("SETTING", 1), "nan", "SETTING must be at least 0.0, not nan"),
        (lambda: env.flag("SETTING", True), "maybe", "SETTING must be true or false, not 'maybe'"),
        (lambda: env.mapping("SETTING"), "{seed: 7}", "SETTING must be a JSON object: Expecting"),
        (lambda: env.mapping("SETTING"), "[7]", r"SETTING must be a JSON object, not '\[7\]'"),
        (lambda: env.mapping("SETTING", ("n",)), '{"n": 2}', "SETTING must not set n"),
    ],
    ids=[
        "a word for a number",
        "too small",
        "a decimal comma",
        "not a number",
        "neither yes nor no",
        "JSON without quotes",
        "a list for an object",
        "a key that is not theirs to set",
    ],
)
def test_a_bad_setting_is_named_with_what_it_must_be(
    monkeypatch: pytest.MonkeyPatch, read: Callable[[], object], word: str, message: str
) -> None:
    monkeypatch.setenv("SETTING", word)
    with pytest.raises(ImproperlyConfigured, match=message):
        read()


def test_a_file_sets_what_the_environment_does_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / ".env"
    file.write_text('# a comment\nFROM_FILE="one"\nFROM_BOTH=two\n#OFF=three\n')
    monkeypatch.setenv("FROM_BOTH", "environment")
    monkeypatch.delenv("FROM_FILE", raising=False)
    env.load_file(file)
    assert env.text("FROM_FILE") == "one"
    assert env.text("FROM_BOTH") == "environment"
    assert env.text("OFF") == ""
    monkeypatch.delenv("FROM_FILE")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('SETTING={"temperature": 0.6, "seed": 7}', '{"temperature": 0.6, "seed": 7}'),
        ("SETTING=pa$$word${HOME}#1", "pa$$word${HOME}#1"),
        ("SETTING='two words'", "two words"),
        ("  SETTING = spaced  ", "spaced"),
        ("export SETTING=exported", "exported"),
        ("SETTING=value # a remark", "value"),
    ],
)
def test_a_line_of_the_file_is_read_as_people_write_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, value: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"{line}\n")
    monkeypatch.setenv("SETTING", "")
    monkeypatch.delenv("SETTING")
    env.load_file(file)
    assert env.text("SETTING") == value


def test_a_file_that_is_not_there_sets_nothing(tmp_path: Path) -> None:
    env.load_file(tmp_path / "missing")
