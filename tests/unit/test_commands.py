"""What moderators type: understood where it can be, answered with a hint where not."""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.text.foreign import ForeignText
from peerroom.wire.commands import (
    COMMANDS,
    GROUPS,
    RANKS,
    READERS,
    WORDS,
    Ban,
    Command,
    CommandError,
    Help,
    Hold,
    MakeInvites,
    Mute,
    Names,
    RedactEvent,
    RedactLast,
    Release,
    Replace,
    Resident,
    Rotating,
    Status,
    Unban,
    help_text,
    parse,
)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("!help", Help()),
        ("! help", Help()),
        ("！ｈｅｌｐ\u3000ban", Help("ban")),
        ("!help !Mute", Help("mute")),
        ("!invite", MakeInvites()),
        ("!INVITE 3", MakeInvites(3)),
        ("！invite　２０", MakeInvites(20)),
        ("!redact $abc-DEF_1", RedactEvent("$abc-DEF_1")),
        ("!redact https://matrix.to/#/!r:a.org/$e?via=a.org", RedactEvent("$e", "!r:a.org")),
        ("!redact https://matrix.to/#/%21r%3Aa.org/%24e", RedactEvent("$e", "!r:a.org")),
        ("!redact Quiet Heron 5", RedactLast("Quiet Heron", 5)),
        ("!redact @a:b.org 500", RedactLast("@a:b.org", 500)),
        ("!redact Fox 5: 2", RedactLast("Fox 5", 2)),
        ("!redact 静かなサギ　３", RedactLast("静かなサギ", 3)),
        ("!mute Quiet Heron", Mute("Quiet Heron")),
        ("!mute Quiet Heron / 静かなサギ 2h", Mute("Quiet Heron / 静かなサギ", timedelta(hours=2))),
        ("!mute Quiet Heron for 30 minutes", Mute("Quiet Heron", timedelta(minutes=30))),
        ("!mute Heron: 3d", Mute("Heron", timedelta(days=3))),
        ("!mute 静かなサギ　１週間", Mute("静かなサギ", timedelta(weeks=1))),
        ("!mute 静かなサギ：２時間", Mute("静かなサギ", timedelta(hours=2))),
        ('!mute "Fox 2h" 45分', Mute("Fox 2h", timedelta(minutes=45))),
        ("!mute @a:b.org 1w", Mute("@a:b.org", timedelta(weeks=1))),
        ("!mute @a:b.org: 1W", Mute("@a:b.org", timedelta(weeks=1))),
        ("!mute 2h", Mute("2h")),
        ("!ban Quiet Heron", Ban("Quiet Heron")),
        ("!ban @Quiet Heron", Ban("Quiet Heron")),
        ("!ban Quiet Heron: sold courses: twice", Ban("Quiet Heron", reason="sold courses: twice")),
        ("!ban 静かなサギ： 勧誘", Ban("静かなサギ", reason="勧誘")),
        ("!ban 「静かなサギ」 勧誘", Ban("静かなサギ", reason="勧誘")),
        ("!ban “Quiet Heron”: sold", Ban("Quiet Heron", reason="sold")),
        ("!ban @a:b.org sold courses", Ban("@a:b.org", reason="sold courses")),
        ("!ban https://matrix.to/#/@a:b.org sold", Ban("@a:b.org", reason="sold")),
        ("!ban https://matrix.to/#/%40a%3Ab.org", Ban("@a:b.org")),
        ("!ban Heron: over\ntwo lines", Ban("Heron", reason="over two lines")),
        ("!unban Quiet Heron", Unban("Quiet Heron")),
        ("!status", Status()),
        ("  !status  ", Status()),
        ("!names", Names()),
        ("!hold", Hold()),
        ("!hold 5", Hold(5)),
        ("!hold 2 hours", Hold(2)),
        ("!hold １２時間", Hold(12)),
        ("!release", Release()),
        ("!resident Quiet Heron", Resident("Quiet Heron")),
        ("!rotating 静かなサギ", Rotating("静かなサギ")),
        ("!replace @a:b.org", Replace("@a:b.org")),
    ],
)
def test_commands(line: str, command: Command) -> None:
    assert parse(ForeignText(line)) == command


@pytest.mark.parametrize(
    "talk", ["", "hello", "help", "!", "!!", "!!! look", "! 5", "！すごい", "so !help", None, 7]
)
def test_ordinary_talk_is_no_command(talk: object) -> None:
    assert parse(ForeignText(talk)) is None


@pytest.mark.parametrize(
    ("line", "suggestion"),
    [
        ("!bann Quiet Heron", "!ban Quiet Heron"),
        ("!invit", "!invite"),
        ("!staus", "!status"),
        ("!mut", "!mute name or case [time]"),
        ("!zzz", "!help"),
        ("!help zzz", "!help [command]"),
        ("!invite 0", "!invite [1–20]"),
        ("!invite 21", "!invite [1–20]"),
        ("!invite many", "!invite [1–20]"),
        ("!redact", "!remove link / !remove name 1–500 / !remove case"),
        ("!redact Heron", "!remove link / !remove name 1–500 / !remove case"),
        ("!redact Heron 501", "!remove link / !remove name 1–500 / !remove case"),
        (
            "!redact https://matrix.to/#/@a:b.org/$e",
            "!remove link / !remove name 1–500 / !remove case",
        ),
        ("!mute", "!mute name or case [time]"),
        ("!mute Heron 0h", "!mute name or case [time]"),
        ("!mute Heron: soon", "!mute name or case [time]"),
        ("!mute : 2h", "!mute name or case [time]"),
        ("!ban", "!ban name or case [time] [: reason]"),
        ("!ban :", "!ban name or case [time] [: reason]"),
        ('!ban ""', "!ban name or case [time] [: reason]"),
        ("!ban \u202e\u200b", "!ban name or case [time] [: reason]"),
        ("!unban Heron: please", "!unban name"),
        ("!status now", "!status"),
    ],
)
def test_what_is_not_understood_gets_a_line_that_would_be(line: str, suggestion: str) -> None:
    error = parse(ForeignText(line))
    assert isinstance(error, CommandError)
    assert error.suggestion == suggestion
    assert suggestion in error.sentence()
    assert ForeignText(line).line(80) in error.sentence()


def test_a_suggestion_without_blanks_to_fill_is_a_command() -> None:
    error = parse(ForeignText("!redcat @a:b.org 3"))
    assert isinstance(error, CommandError)
    assert parse(ForeignText(error.suggestion)) == RedactLast("@a:b.org", 3)


@given(st.sampled_from(["!", "！", ""]), st.sampled_from([*WORDS, "x", "bna"]), st.text())
def test_nothing_typed_breaks_the_reader(start: str, word: str, rest: str) -> None:
    parsed = parse(ForeignText(f"{start}{word} {rest}"))
    assert parsed is not None or not start
    if isinstance(parsed, CommandError):
        assert parsed.sentence()
    elif parsed is not None:
        for field in fields(parsed):
            value = getattr(parsed, field.name)
            if isinstance(value, str):
                assert value == ForeignText(value).line(4_000)
                assert value or field.default == ""


names = st.from_regex(r"[A-Za-zぁ-ん]{1,8}( [A-Za-zぁ-ん]{1,8}){0,3}", fullmatch=True)


@given(
    names, st.integers(1, 9999), st.sampled_from(["m", "h", "d", "w", "分", "時間", "日", "週間"])
)
def test_a_quoted_name_is_never_taken_for_anything_else(name: str, number: int, unit: str) -> None:
    muted = parse(ForeignText(f'!mute "{name} {number}{unit}" {number}{unit}'))
    assert isinstance(muted, Mute)
    assert muted.name == f"{name} {number}{unit}"
    assert muted.duration is not None
    banned = parse(ForeignText(f'!ban "{name}: {name}" {name}'))
    assert banned == Ban(f"{name}: {name}", reason=name)


def test_help_is_made_from_the_commands() -> None:
    lines = help_text("all").split("\n")
    assert len(lines) == len(COMMANDS)
    for kind, line in zip(COMMANDS, lines, strict=True):
        use, summary = line.split(" – ", 1)
        assert use.startswith(f"!{kind.word}")
        assert summary == kind.summary
        shown = [field for field in fields(kind) if field.metadata]
        optional = [field for field in shown if field.default is not MISSING]
        assert use.count("[") == len(optional)


def test_help_is_short_and_names_every_word_once() -> None:
    *groups, hint = help_text().split("\n")
    assert len(groups) == len(GROUPS)
    assert "!help ban" in hint
    words = [word for line in groups for word in line.split(": ")[1].split(" · ")]
    assert sorted(words) == sorted([*WORDS, "slow"])  # of one person, and of the whole room


def test_help_on_one_command_or_one_group() -> None:
    assert help_text("redact").count("\n") == 2
    assert help_text("status") == "!status – Show how the room and the bot are doing."
    assert help_text("people").startswith("!invite [1–20]")
    assert help_text("nonsense") == help_text()


def test_help_shows_what_one_may_do() -> None:
    watcher = help_text("all", "watcher")
    assert "!note" in watcher
    assert "!ban" not in watcher
    assert "!ban" in help_text("all", "moderator")
    assert "!role" not in help_text("all", "moderator")
    assert "!role" in help_text("all", "lead")


def test_every_word_of_the_help_is_read() -> None:
    for word in READERS:
        assert parse(ForeignText(f"!help {word}")) == Help(word)
        assert parse(ForeignText(f"!{word}")) is not None


def test_every_command_says_what_it_needs() -> None:
    assert len({kind.__name__ for kind in COMMANDS}) == len(COMMANDS)
    for kind in COMMANDS:
        assert set(kind.also).isdisjoint(WORDS)
        assert kind.least in RANKS
        assert kind.group in GROUPS
