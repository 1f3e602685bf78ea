"""A line of the log says what kind of thing happened, and quotes nothing."""

from __future__ import annotations

import io
import logging
import os
import sys

import pytest

from peerroom.bot.keeper import LABEL
from peerroom.cli import bot_log
from peerroom.cli.bot_log import Lines

WORDS = "what a member said"


def line(name: str, message: str, *, error: Exception | None = None, journal: bool = True) -> str:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord(
        name, logging.WARNING, "/lib/python/asyncio/base_events.py", 7, message, (), exc_info
    )
    return Lines(journal=journal).format(record)


def test_our_lines_are_shown_as_they_are() -> None:
    assert line("peerroom.bot", "at work") == "<4>peerroom.bot: at work"
    assert line("peerroom.bot", "at work", journal=False).endswith(" peerroom.bot: at work")


def test_of_other_peoples_lines_only_their_origin_is_shown() -> None:
    shown = line("asyncio", f"Task exception was never retrieved: ValueError({WORDS!r})")
    assert shown == "<4>asyncio: a line from base_events.py:7"


@pytest.mark.parametrize("name", ["peerroom.bot", "asyncio"])
def test_of_an_error_its_kind_and_place_are_shown(name: str) -> None:
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        shown = line(name, "lost", error=error)
    assert "(ValueError at test_bot_log.py:" in shown and WORDS not in shown


def test_several_circles_are_told_apart_and_a_line_stays_one_line() -> None:
    before = LABEL.set("kitchen")
    try:
        assert line("peerroom.bot", "at\nwork") == "<4>peerroom.bot: [kitchen] at work"
    finally:
        LABEL.reset(before)


def test_journald_is_known_by_what_it_connects_us_to(monkeypatch: pytest.MonkeyPatch) -> None:
    with open(os.devnull) as there:  # noqa: PTH123
        monkeypatch.setattr(sys, "stderr", there)
        known = os.fstat(there.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{known.st_dev}:{known.st_ino}")
        assert bot_log._to_journal()
        monkeypatch.setenv("JOURNAL_STREAM", "1:1")
        assert not bot_log._to_journal()
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert not bot_log._to_journal()
