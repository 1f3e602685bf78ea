"""What moderators type about cases, people, protections and each other."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.text.foreign import ForeignText
from peerroom.wire.commands import (
    READERS,
    AddNote,
    Agree,
    Allow,
    AnswerCase,
    Audit,
    Ban,
    Cases,
    Claim,
    Close,
    Command,
    CommandError,
    Digest,
    Disagree,
    Drop,
    Kick,
    Lists,
    Lock,
    Mute,
    Protect,
    PublishRule,
    RedactCase,
    RedactEvent,
    Rooms,
    Rota,
    Second,
    SetField,
    SetRank,
    Shift,
    ShowCase,
    SitOut,
    Slow,
    SlowRoom,
    Sweep,
    Template,
    Templates,
    Try,
    Undo,
    Unlock,
    Warn,
    Words,
    Yes,
    decode,
    encode,
    parse,
)
from peerroom.wire.content import BadContent


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("!cases", Cases()),
        ("!cases mine", Cases("mine")),
        ("!case", ShowCase()),
        ("!case 4", ShowCase(4)),
        ("！ｃａｓｅ　＃４", ShowCase(4)),
        ("!claim 12", Claim(12)),
        ("!take 12", Claim(12)),
        ("!drop", Drop()),
        ("!second 4", Second(4)),
        ("!allow 4", Allow(4)),
        ("!note 4 I know them from before", AddNote(4, "I know them from before")),
        ("!note ４　前から知っています", AddNote(4, "前から知っています")),
        ("!note 4: calm now", AddNote(4, "calm now")),
        ("!agree 4", Agree(4)),
        ("!disagree 4 it was a joke", Disagree(4, "it was a joke")),
        ("!close", Close()),
        ("!close 4", Close(4)),
        ("!close 4 helped", Close(4, "helped")),
        ("!close 4 put back", Close(4, "released")),
        ("!close nothing", Close(None, "nothing")),
        ("!close 4 削除", Close(4, "removed")),
        ("!reply 4", AnswerCase(4)),
        ("!reply 4 thanks", AnswerCase(4, "thanks")),
        ("!remove 4", RedactCase(4)),
        ("!remove $abc", RedactEvent("$abc")),
        ("!warn 4 links", Warn(None, "links", 4)),
        ("!tell Quiet Heron: Are you all right?", Warn("Quiet Heron", "Are you all right?")),
        ("!tell Quiet Heron", Warn("Quiet Heron")),
        ("!slow Quiet Heron", Slow("Quiet Heron")),
        ("!slow Quiet Heron 10m", Slow("Quiet Heron", timedelta(minutes=10))),
        ("!slow 4", Slow(None, case=4)),
        ("!slow #4 10m", Slow(None, timedelta(minutes=10), 4)),
        ("!mute ４　２時間", Mute(None, timedelta(hours=2), 4)),
        ("!mute 4: for 2 hours", Mute(None, timedelta(hours=2), 4)),
        ("!sitout 4", SitOut(None, case=4)),
        ("!sitout 4 2", SitOut(None, 2, 4)),
        ("!kick 4", Kick(None, 4)),
        ("!ban 4", Ban(None, case=4)),
        ("!ban 4: sold courses", Ban(None, None, "sold courses", 4)),
        ("!ban 4：講座を売った", Ban(None, None, "講座を売った", 4)),
        ("!ban 4 3d", Ban(None, timedelta(days=3), None, 4)),
        ("!ban 4 3d: sold courses", Ban(None, timedelta(days=3), "sold courses", 4)),
        ("!sweep 4: sold courses", Sweep(None, None, "sold courses", 4)),
        ("!sweep Quiet Heron", Sweep("Quiet Heron")),
        ("!sweep 「静かなサギ」 3日 勧誘", Sweep("静かなサギ", timedelta(days=3), "勧誘")),
        ("!purge @a:b.org sold courses", Sweep("@a:b.org", reason="sold courses")),
        # A name may begin with a number, or in quotes be one.
        ("!mute 7 Cranes 2h", Mute("7 Cranes", timedelta(hours=2))),
        ('!mute "4" 2h', Mute("4", timedelta(hours=2))),
        ("!kick 7 Cranes", Kick("7 Cranes")),
        ('!kick "4"', Kick("4")),
        ("!ban 7 Cranes: sold courses", Ban("7 Cranes", reason="sold courses")),
        ("!ban 7 Cranes 3d", Ban("7 Cranes", timedelta(days=3))),
        ("!sitout 7 Cranes 2", SitOut("7 Cranes", 2)),
        ("!slow room", SlowRoom("room")),
        ("!slow room off", SlowRoom("room", off=True)),
        ("!slow 部屋", SlowRoom("room")),
        ("!sitout Quiet Heron", SitOut("Quiet Heron")),
        ("!sitout Quiet Heron 3", SitOut("Quiet Heron", 3)),
        ("!kick 静かなサギ", Kick("静かなサギ")),
        ("!ban Quiet Heron 3d", Ban("Quiet Heron", timedelta(days=3))),
        (
            "!ban Quiet Heron 3d: sold courses",
            Ban("Quiet Heron", timedelta(days=3), "sold courses"),
        ),
        ("!ban Quiet Heron: 3d", Ban("Quiet Heron", timedelta(days=3))),
        ("!ban @a:b.org 1w sold courses", Ban("@a:b.org", timedelta(weeks=1), "sold courses")),
        ("!ban 「静かなサギ」 3日 勧誘", Ban("静かなサギ", timedelta(days=3), "勧誘")),
        ("!ban 「ねこ 3日」: 勧誘", Ban("ねこ 3日", reason="勧誘")),
        ("!lock", Lock()),
        ("!lock 30m", Lock(timedelta(minutes=30))),
        ("!lock 30m all", Lock(timedelta(minutes=30), everywhere=True)),
        ("!unlock", Unlock()),
        ("!open all", Unlock(everywhere=True)),
        ("!undo 12", Undo(12)),
        ("!undo #１２", Undo(12)),
        ("!audit", Audit()),
        ("!audit 12", Audit(deed=12)),
        ("!audit Quiet Heron", Audit("Quiet Heron")),
        ("!protect", Protect()),
        ("!protect pace", Protect("pace")),
        ("!protect Pace trial", Protect("pace", "trial")),
        ("!protect pace オフ", Protect("pace", "off")),
        ("!set pace.messages 30", SetField("pace", "messages", "30")),
        ("!set pace.messages = 30", SetField("pace", "messages", "30")),
        ("!set quiet.closing Good night, all", SetField("quiet", "closing", "Good night, all")),
        ("!try pace", Try("pace")),
        ("!words", Words()),
        ("!words add cheap pills", Words("add", "cheap pills")),
        ("!words test", Words("test")),
        ("!words test /chea+p/", Words("test", "/chea+p/")),
        ("!list", Lists()),
        ("!list subscribe !room:a.org", Lists("subscribe", "!room:a.org")),
        (
            "!list subscribe https://matrix.to/#/!r?via=a.org&via=b.org",
            Lists("subscribe", "!r", ("a.org", "b.org")),
        ),
        ("!list rules", Lists()),
        ("!list own !r:a.org", Lists("own", "!r:a.org")),
        ("!list publish @spam:a.org: sold", PublishRule("publish", "@spam:a.org", "sold")),
        ("!list retract *.spam.example", PublishRule("retract", "*.spam.example")),
        ("!rooms", Rooms()),
        ("!rooms add !room:a.org", Rooms("add", "!room:a.org")),
        ("!role Moderator Maple watcher", SetRank("Moderator Maple", "watcher")),
        ("!role @a:b.org: lead", SetRank("@a:b.org", "lead")),
        ("!shift on", Shift()),
        ("!shift オフ", Shift(on=False)),
        ("!rota", Rota()),
        ("!digest", Digest()),
        ("!templates", Templates()),
        ("!template links", Template("links")),
        ("!template links ja", Template("links", "ja")),
        (
            "!template links ja 少し待ってください。",
            Template("links", "ja", "少し待ってください。"),
        ),
        ("！ｔｅｍｐｌａｔｅ　Ｌｉｎｋｓ　ＪＡ：　待って", Template("links", "ja", "待って")),
        ("!yes 7k2", Yes("7k2")),
        ("!yes ７Ｋ２", Yes("7k2")),
        ("yes 7K2", Yes("7k2")),
        ("ｙｅｓ　７Ｋ２", Yes("7k2")),
    ],
)
def test_commands(line: str, command: Command) -> None:
    assert parse(ForeignText(line)) == command


@pytest.mark.parametrize(
    ("line", "suggestion"),
    [
        ("!claimm 4", "!claim 4"),
        ("!claim Heron", "!claim [case]"),
        ("!note 4", "!note case text"),
        ("!note what a day", "!note case text"),
        ("!close 4 done", "!close [case] [outcome]"),
        ("!undo", "!undo number"),
        ("!undo 0", "!undo number"),
        ("!template links java is a drink", "!template template [en|ja] [text]"),
        ("!template 5", "!template template [en|ja] [text]"),
        ("!yes", "!yes 7K2"),
        ("!yes 7K20", "!yes 7K2"),
        ("!yes 1O0", "!yes 7K2"),
        ("!yes yep", "!yes 7K2"),
        ("!lock for ever", "!lock [time] [all]"),
        ("!shift", "!shift [on|off]"),
        ("!role Maple boss", "!role name watcher|moderator|lead"),
        ("!set pace 30", "!set protection .setting value"),
        ("!protect pace maybe", "!protect [protection] [on|trial|off]"),
        ("!words add", "!words [add|remove|list|test] [word or /pattern/]"),
        ("!rooms add somewhere", "!rooms [add|drop] [room]"),
        ("!sitout Heron 99", "!sitout name or case [1–12]"),
    ],
)
def test_what_is_not_understood_gets_a_line_that_would_be(line: str, suggestion: str) -> None:
    error = parse(ForeignText(line))
    assert isinstance(error, CommandError)
    assert error.suggestion == suggestion


@given(st.sampled_from(sorted(READERS)), st.text())
def test_whatever_is_read_can_be_kept_and_read_again(word: str, rest: str) -> None:
    command = parse(ForeignText(f"!{word} {rest}"))
    if command is not None and not isinstance(command, CommandError):
        assert decode(msgspec.json.decode(msgspec.json.encode(encode(command)))) == command


_FIELDS = st.sampled_from(["type", "name", "number"]) | st.text()


@given(
    st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(_FIELDS, inner),
    )
)
def test_what_was_kept_by_nobody_is_no_command(kept: object) -> None:
    with pytest.raises(BadContent):
        decode(kept)


def test_a_command_with_other_fields_is_none() -> None:
    with pytest.raises(BadContent):
        decode({"type": "Kick", "name": 5})
