"""The moderators' desk: what is covered, what a key sends, what an answer does, who gets there."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from support import filled_desk, filled_vault, hostile
from support.clock import FrozenClock
from support.filled_desk import DESK, OWN, WORDS, bot_hears, typed
from textual.pilot import Pilot
from textual.widgets import OptionList

from peerroom.client.desks import NotHere
from peerroom.client.session import Client
from peerroom.client.views import Change
from peerroom.store.vault import Vault
from peerroom.tui.app import PeerRoomApp
from peerroom.tui.breather import HARD, HOUR, MANY, QUIET, Breather
from peerroom.tui.screens.answering import AnswerScreen, ConfirmScreen
from peerroom.tui.screens.case import CaseScreen
from peerroom.tui.screens.case_acts import quoted
from peerroom.tui.screens.cases import CasesScreen
from peerroom.tui.screens.chat import ChatScreen
from peerroom.tui.screens.choosing import ChoiceScreen
from peerroom.tui.screens.panic import PanicScreen
from peerroom.tui.widgets.composer import Composer
from peerroom.tui.widgets.words import Words
from peerroom.wire.cases import Claimed, Line, Noted, Opened, Shown
from peerroom.wire.texts import Written

MakeApp = Callable[..., PeerRoomApp]
OFFER = WORDS["en"]["offer"][:20]


def shown(app: PeerRoomApp) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


async def settle(pilot: Pilot[None]) -> None:
    for _ in range(4):
        await pilot.pause()


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


def client_of(app: PeerRoomApp) -> Client:
    assert app.entry.client is not None
    return app.entry.client


@pytest.fixture
def desk(vault: Vault, night: FrozenClock) -> Vault:
    """A vault of a moderator in the middle of an evening."""
    return filled_desk.furnished(vault, night.now())


@pytest.fixture
async def app(make_app: MakeApp, desk: Vault) -> PeerRoomApp:
    desk.settings.set("interface.room", filled_vault.ROOM)
    return make_app(vault=desk)


async def test_one_key_leads_to_the_cases_urgent_first(app: PeerRoomApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9")
        assert isinstance(app.screen, CasesScreen)
        said = shown(app)
        assert "Since your last shift: 4 cases, 3 open." in said
        places = [said.index(f"{number}  ") for number in (12, 10, 11)]
        assert places == sorted(places)
        assert "! 12" in said
        await press(pilot, "right")
        assert "Spring Offer" in shown(app) and "someone may not be well" not in shown(app)
        await press(pilot, "right")
        assert "Loud Crow" in shown(app)


async def test_who_has_no_desk_finds_no_way_to_it(make_app: MakeApp, room: Vault) -> None:
    filled_desk.let_in(room)
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9")
        assert isinstance(app.screen, ChatScreen)
        assert "cases" not in app.applicable()
        assert "moderators" in app.applicable()


async def test_it_is_in_the_menu_and_can_be_typed(app: PeerRoomApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f2", *"cases,", "enter")
        assert isinstance(app.screen, CasesScreen)
        await press(pilot, "escape", *"/cases", "enter")
        assert isinstance(app.screen, CasesScreen)


async def test_a_message_of_a_device_that_is_not_confirmed_says_so(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    at = int(night.now().timestamp() * 1000)
    line = Line(name="Small Otter", text="buy my course", at=at, about=True, unsigned=True)
    opened = Opened(case=13, n=1, at=at, source="report", reason="report", urgent=True)
    for step in (opened, Shown(case=13, n=2, at=at, lines=(line,))):
        filled_desk.step(desk, step)
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "o")
        said = shown(app)
        assert "! written from a device that is not confirmed" in said


async def test_messages_are_covered_until_they_are_opened_and_again_afterwards(
    app: PeerRoomApp,
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter")
        assert isinstance(app.screen, CaseScreen)
        assert OFFER not in shown(app) and "▒▒▒" in shown(app)
        await press(pilot, "o")
        assert OFFER in shown(app) and "▒▒▒" not in shown(app)
        await press(pilot, "o")
        assert OFFER not in shown(app)
        await press(pilot, "o", "escape", "enter")
        assert isinstance(app.screen, CaseScreen)
        assert OFFER not in shown(app)


async def test_opening_the_messages_brings_the_one_it_is_about_into_view(app: PeerRoomApp) -> None:
    async with app.run_test(size=(70, 12)) as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter")
        assert "The messages" in shown(app) and "▌ 0" not in shown(app), "it is further down"
        await press(pilot, "o")
        assert OFFER in shown(app)


async def test_a_key_sends_the_command_and_the_list_shows_what_came_of_it(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "enter", "c")
        assert typed(desk) == ["!claim 12"]
        assert "Waiting for the bot" in shown(app)
        await press(pilot, "c")
        assert len(typed(desk)) == 1, "it was asked once"
        at = int(night.now().timestamp() * 1000)
        bot_hears(desk, client_of(app), night.now(), Claimed(case=12, n=3, at=at, by=OWN))
        await settle(pilot)
        assert "You look after it." in shown(app)
        last = shown(app).splitlines()[-1]
        assert "Case 12: you look after it. · O opens the messages · Enter what" in last
        await press(pilot, "down")
        assert "Case 12" not in shown(app).splitlines()[-1] and "O opens" in shown(app)


async def test_no_answer_in_time_is_said_and_nothing_is_lost(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "enter", "c")
        night.advance(21)
        await settle(pilot)
        assert "The bot has not answered yet." in shown(app)
        assert typed(desk) == ["!claim 12"]


async def test_what_is_broad_is_asked_again_and_no_is_the_first_answer(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    preview = "This removes 14 messages by 1 person in 3 rooms. Confirm with `yes 7k2`."
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "enter", "down", "enter")
        assert bot_hears(desk, client_of(app), night.now(), preview) == "!remove 10"
        await settle(pilot)
        assert isinstance(app.screen, ConfirmScreen)
        assert "14 messages by 1 person in 3 rooms" in shown(app)
        await press(pilot, "enter")
        assert isinstance(app.screen, CaseScreen)
        assert typed(desk) == [] and "Nothing was done." in shown(app)

        await press(pilot, "enter", "down", "enter")
        bot_hears(desk, client_of(app), night.now(), preview)
        await settle(pilot)
        await press(pilot, "down", "enter")
        assert typed(desk) == ["!yes 7k2"]


async def test_a_question_never_covers_the_help_numbers(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "enter", "down", "enter", "f1")
        bot_hears(desk, client_of(app), night.now(), "Sure? Confirm with `yes 7k2`.")
        await settle(pilot)
        assert isinstance(app.screen, PanicScreen)
        await press(pilot, "escape")
        assert isinstance(app.screen, ConfirmScreen)


async def test_a_reply_begins_with_a_template_and_goes_as_it_was_changed(
    app: PeerRoomApp, desk: Vault
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "r", "down", "enter")
        words = app.screen.query_one(Words)
        assert words.text.startswith("Thank you for telling us.")
        assert "お知らせくださり" in words.text
        assert typed(desk) == []
        words.put("")
        await press(pilot, *"Thank you", "enter")
        assert isinstance(app.screen, CaseScreen)
        assert typed(desk) == ["!reply 10 Thank you"]


async def test_a_letter_that_is_not_changed_goes_by_its_name_to_be_read_in_any_language(
    app: PeerRoomApp, desk: Vault
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "r", "down", "enter")
        assert "in their own language" in shown(app)
        await press(pilot, "enter")
        assert typed(desk) == ["!reply 10 thanks"]


async def test_a_text_that_was_written_anew_is_the_one_to_begin_with(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "r")
        assert "Thank you for telling us. A moderator" in shown(app)
        await press(pilot, "escape")
        anew = [Written("thanks", "en", "Dear neighbour,\nthank you.")]
        filled_desk.answer(desk, "It is written anew.", night.now(), texts=anew)
        client_of(app).tell(Change("timeline", DESK))
        await settle(pilot)
        await press(pilot, "r")
        assert "Dear neighbour," in shown(app)
        assert "Thank you for telling us. A moderator" not in shown(app)
        await press(pilot, "down", "enter", "enter")
        assert typed(desk) == ["!reply 10 thanks"]


async def test_a_letter_that_is_not_sent_is_not_sent(app: PeerRoomApp, desk: Vault) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "t", "down", "enter", "escape", "escape")
        assert isinstance(app.screen, CaseScreen)
        assert typed(desk) == []


@pytest.mark.parametrize(
    ("downs", "more", "command"),
    [
        (5, ("down", "enter"), '!mute "Spring Offer" 2h'),
        (6, ("enter",), '!sitout "Spring Offer" 1'),
        (7, ("enter",), '!kick "Spring Offer"'),
        (8, ("end", "enter"), '!ban "Spring Offer"'),
        (9, ("enter",), '!sweep "Spring Offer"'),
        (12, ("down", "enter"), "!close 10 released"),
        (11, (), "!second 10"),
        (13, (), "!drop 10"),
        (0, (), "!allow 10"),
    ],
)
async def test_every_choice_is_the_command_that_stands_beside_it(
    app: PeerRoomApp, desk: Vault, downs: int, more: tuple[str, ...], command: str
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "enter", *["down"] * downs)
        row = app.screen.query_one(OptionList).highlighted_option
        assert row is not None
        assert command.split()[0] in str(row.prompt)
        await press(pilot, "enter", *more)
        assert typed(desk) == [command]


async def test_the_keys_in_the_list_of_choices_do_what_stands_beside_them(
    app: PeerRoomApp, desk: Vault
) -> None:
    """Enter would do the first of the list, which writes to somebody else."""
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "enter")
        assert isinstance(app.screen, ChoiceScreen) and "  N  A note" in shown(app)
        await press(pilot, "z")
        assert isinstance(app.screen, ChoiceScreen), "no choice has this key"
        await press(pilot, "N", *"hello", "enter")
        assert any(line.startswith("!note ") and line.endswith("hello") for line in typed(desk))


async def test_a_note_and_an_opinion_are_written_before_they_are_sent(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "enter", "n", *"seen it", "enter")
        assert bot_hears(desk, client_of(app), night.now(), "Noted.") == "!note 10 seen it"
        await settle(pilot)
        await press(pilot, "escape", "down", "enter")
        assert "Case 11" in shown(app)
        await press(pilot, "enter")
        choices = [str(o.prompt) for o in app.screen.query_one(OptionList).options]
        at = next(n for n, words in enumerate(choices) if "!agree" in words)
        await press(pilot, *["down"] * at, "enter", *"me too", "enter")
        assert [each.strip() for each in typed(desk)] == ["!agree 11 me too"]


async def test_what_an_appeal_is_about_can_be_taken_back(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    at = int(night.now().timestamp() * 1000)
    filled_desk.step(desk, Claimed(case=11, n=4, at=at, by=OWN))
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down", "down", "enter")
        assert "It is about number 17 of the log." in shown(app)
        await press(pilot, "u")
        assert "What the appeal is about" in shown(app)
        await press(pilot, "enter")
        assert typed(desk) == ["!undo 17"]


async def test_a_longer_answer_gets_a_page(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    status = "Parents at night: I can read this room.\n2 members' devices withhold keys."
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "r")
        assert "and the bot is here" in shown(app)
        await press(pilot, "a")
        assert bot_hears(desk, client_of(app), night.now(), status) == "!status"
        await settle(pilot)
        assert isinstance(app.screen, AnswerScreen)
        assert "2 members' devices withhold keys." in shown(app)


async def test_any_command_can_be_typed_with_completion(app: PeerRoomApp, desk: Vault) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "!", *"cla")
        assert "Look after a case." in shown(app)
        await press(pilot, "tab", *"12", "enter")
        assert typed(desk) == ["!claim 12"]


async def test_a_shift_begins_and_ends(app: PeerRoomApp, desk: Vault, night: FrozenClock) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "s", "down", "enter")
        assert bot_hears(desk, client_of(app), night.now(), "Rest well.") == "!shift off"
        await settle(pilot)
        assert "Rest well." in shown(app)
        assert "0 cases, 3 open" in shown(app)


async def test_a_new_case_appears_while_one_looks(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "down")
        at = int(night.now().timestamp() * 1000)
        new = Opened(case=13, n=1, at=at, source="report", reason="report", name="New Person")
        filled_desk.step(desk, new)
        client_of(app).tell(Change("timeline", DESK))
        await settle(pilot)
        assert "New Person" in shown(app)
        row = app.screen.query_one(OptionList).highlighted_option
        assert row is not None and row.id == "10", "what one was about to choose stays"


async def test_the_log_is_narrowed_down_and_saved_where_one_says(
    app: PeerRoomApp, tmp_path: Path
) -> None:
    target = tmp_path / "log.csv"
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, "f9", "l")
        assert "asked for a second opinion" in shown(app)
        await press(pilot, "d")
        assert "asked for a second opinion" not in shown(app)
        assert "number 17" in shown(app)
        await press(pilot, "f", *"#9", "enter")
        assert "case 11" not in shown(app)
        await press(pilot, "x")
        app.screen.query_one(Words).put(str(target))
        await press(pilot, "enter")
        assert "3 entries saved." in shown(app)
        lines = target.read_text().splitlines()
        assert len(lines) == 4 and "removed" in "".join(lines)
        assert stat.S_IMODE(target.stat().st_mode) == 0o600
        await press(pilot, "x")
        app.screen.query_one(Words).put(str(target))
        await press(pilot, "enter")
        assert isinstance(app.screen.focused, Words), "the page stays when it did not work"
        await press(pilot, "escape", "enter")
        assert isinstance(app.screen, CaseScreen)


async def test_after_hard_cases_a_kind_word_stands_above_the_list(
    app: PeerRoomApp, desk: Vault, night: FrozenClock
) -> None:
    at = int(night.now().timestamp() * 1000)
    for number in range(20, 20 + MANY):
        line = Line(name="Somebody", text="words", at=at, about=True)
        opened = Opened(case=number, n=1, at=at, source="report", reason="report", name="N")
        filled_desk.step(desk, opened)
        filled_desk.step(desk, Shown(case=number, n=2, at=at, lines=(line,)))
    async with app.run_test(size=(80, 40)) as pilot:
        await settle(pilot)
        await press(pilot, "f9")
        for count in range(MANY):
            assert "Stand up, drink something" not in shown(app), count
            await press(pilot, "enter", "o", "escape", "down")
        assert "Stand up, drink something" in shown(app)
        await press(pilot, "b")
        assert "Stand up, drink something" not in shown(app)


def test_a_break_is_due_after_some_hard_or_many_cases_within_an_hour() -> None:
    breather = Breather()
    for case in range(HARD - 1):
        breather.opened(case, 10.0, hard=True)
        breather.opened(case, 11.0, hard=True)
    assert not breather.due(20.0), "the same case again is no other"
    breather.opened(99, 30.0, hard=True)
    assert breather.due(31.0)
    assert not breather.due(32.0 + HOUR), "it was long ago"
    breather.put_away(100.0)
    for case in range(MANY):
        breather.opened(200 + case, 101.0, hard=False)
    assert not breather.due(100.0 + QUIET - 1)
    assert breather.due(100.0 + QUIET)


@pytest.mark.parametrize("name", ["Plain Name", 'A "quoted" one', "Lamp: 3d", "12 Otters"])
def test_a_name_is_quoted_so_that_the_command_line_reads_all_of_it(name: str) -> None:
    from peerroom.text.foreign import ForeignText
    from peerroom.wire.commands import Mute, parse

    command = parse(ForeignText(f"!mute {quoted(name)} 2h"))
    assert command == Mute(name, timedelta(hours=2))


async def test_what_strangers_wrote_is_clean_even_without_the_last_wall(
    app: PeerRoomApp, desk: Vault, night: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PeerRoomApp, "get_line_filters", lambda _app: [])
    at = int(night.now().timestamp() * 1000)
    texts = [text.encode("utf-8", "ignore").decode()[:300] for text in hostile.TEXTS]
    lines = [Line(name=text[:200], text=text, at=at, about=True) for text in texts]
    name, cues = "".join(texts[:4])[:200], tuple(text[:200] for text in texts[:20])
    opened = Opened(case=13, n=1, at=at, source="flag", reason="risk", name=name, cues=cues,
                    urgent=True, about="@x:y", event_ids=("$x",))  # fmt: skip
    filled_desk.step(desk, opened)
    filled_desk.step(desk, Shown(case=13, n=2, at=at, lines=tuple(lines)))
    filled_desk.step(desk, Claimed(case=13, n=3, at=at, by=OWN))
    for n, text in enumerate(texts, 4):
        filled_desk.step(desk, Noted(case=13, n=n, at=at, by=f"@{text[:50]}:x", text=text))
    async with app.run_test(size=(120, 400)) as pilot:
        await settle(pilot)
        for keys in (["f9", "down", "enter", "o"], ["enter"], ["escape", "t"], ["escape"]):
            await press(pilot, *keys)
            said = shown(app)
            bad = {c for c in said if c != "\n" and (ord(c) < 32 or 0x7F <= ord(c) < 0xA0)}
            assert bad == set()
            assert not set(said) & set(hostile.BIDI)
        assert "clipboard" in said and "markup[/]" in said
        await press(pilot, "escape", "l")
        assert not any(ord(c) < 32 for c in shown(app).replace("\n", ""))
        await press(pilot, "a")
        bot_hears(desk, client_of(app), night.now(), "\n".join(texts[:20]))
        await settle(pilot)
        assert isinstance(app.screen, AnswerScreen)
        assert not set(shown(app)) & {"\x1b", "\x9b", *hostile.BIDI}


# In the moderators' room itself


async def test_in_the_room_too_messages_are_covered_until_they_are_opened(
    app: PeerRoomApp,
) -> None:
    text = WORDS["en"]["tired"][:20]
    async with app.run_test(size=(130, 40)) as pilot:  # so wide that the rooms stand beside it
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, ChatScreen)
        screen.open_room(DESK)
        await settle(pilot)
        assert text not in shown(app) and "Covered. Enter shows it." in shown(app)
        assert "Moderator bot: Covered." in shown(app), "nor in the list of rooms"
        await press(pilot, "shift+tab", "up", "enter")
        assert text in shown(app)
        await press(pilot, "enter")
        assert text not in shown(app)


async def test_tab_goes_through_the_candidates_and_comes_back(
    app: PeerRoomApp, night: FrozenClock
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, ChatScreen)
        screen.open_room(DESK)
        await press(pilot, *"!cl")
        assert "Tab: claim · close" in shown(app)
        composer = screen.query_one(Composer)
        texts = []
        for _ in range(4):
            await press(pilot, "tab")
            texts.append(composer.text)
        assert texts == ["!claim ", "!close ", "!cl", "!claim "]
        await press(pilot, *"1")
        assert composer.text == "!claim 1" and "12" in shown(app).splitlines()[-1]


async def test_a_command_typed_into_the_circles_room_stays_unsent_and_says_so(
    app: PeerRoomApp, desk: Vault
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await press(pilot, *"!ban X: sold", "enter")
        assert shown(app).splitlines()[-1].strip() == NotHere().sentence()
        assert app.screen.query_one(Composer).text == "!ban X: sold"
        assert client_of(app).unsent() == 0


async def test_tab_means_what_it_always_does_elsewhere(app: PeerRoomApp) -> None:
    async with app.run_test() as pilot:
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, ChatScreen)
        composer = screen.query_one(Composer)
        await press(pilot, *"!cl", "tab")  # in the circle's own room an exclamation is just that
        assert composer.text == "!cl" and screen.focused is not composer
        screen.open_room(DESK)
        composer.focus()
        await press(pilot, *"hello", "tab")
        assert composer.text == "hello" and screen.focused is not composer
        composer.put("!claim ")
        composer.focus()
        await press(pilot, "shift+tab")
        assert composer.text == "!claim " and screen.focused is not composer


async def test_who_types_no_command_waits_for_nothing_of_it(
    make_app: MakeApp, room: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(Client, "casework", lambda _client: asked.append("desk") or [])
    app = make_app(vault=room)
    async with app.run_test() as pilot:
        await settle(pilot)
        await press(pilot, *"hello", "tab")
        assert asked == []
