"""The member's page: what one can say to the moderators, and what was said on both sides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom.client.dates import day_words, local, moment_words, time_words
from peerroom.client.reporting_views import (
    AnswerView,
    AskView,
    ExplanationView,
    former_words,
)
from peerroom.client.views import Change
from peerroom.i18n import _
from peerroom.text.cells import truncate, wrap
from peerroom.tui.screens.page import SidePage
from peerroom.tui.screens.telling import appeal_page, help_page, question_page, whom
from peerroom.tui.screens.writing import WritePage
from peerroom.tui.widgets.options import Options
from peerroom.tui.widgets.prose import Paragraph, Prose

if TYPE_CHECKING:
    from datetime import datetime

    from peerroom.client.session import Client

_MEASURE: Final = 74


class PrivateScreen(SidePage[None]):
    """Everything between oneself and the moderators of a room, said anew whenever it changes."""

    AUTO_FOCUS = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h", "ask_help", show=False),
        Binding("a", "ask_moderators", show=False),
    ]

    def __init__(self, client: Client, room_id: str | None) -> None:
        super().__init__()
        self._client = client
        self._room_id = room_id
        self._unsubscribe: Callable[[], None] | None = None
        self._explained: dict[str, ExplanationView] = {}
        self._asks: dict[str, AskView] = {}
        self._answers: dict[str, AnswerView] = {}

    def heading(self) -> str:
        """What this is."""
        return _("You and the moderators")

    def body(self) -> ComposeResult:
        """What one can do, then what was said."""
        yield Prose(id="obstacle")
        yield Options()

    def on_mount(self) -> None:
        """Hear of changes."""
        self._unsubscribe = self._client.subscribe(self._on_change)

    def on_unmount(self) -> None:
        """Hear no more of the client."""
        if self._unsubscribe is not None:
            self._unsubscribe()

    def on_resize(self) -> None:
        """Lines are cut to the width."""
        self.fill()

    def hints(self) -> tuple[str, ...]:
        """How to choose."""
        return (_("↑↓ choose"), _("Enter opens"), _("Esc back"))

    def fill(self) -> None:
        """Fill the list; what is about to be chosen stays so."""
        _room, obstacle = whom(self._client, self._room_id)
        for said in self.query("#obstacle").results(Prose):
            said.say(obstacle.sentence() if obstacle is not None else "")
            said.display = obstacle is not None
        for options in self.query(OptionList):
            kept = options.highlighted_option.id if options.highlighted_option else None
            options.set_options(self._options())
            ids = [option.id for option in options.options]
            options.highlighted = ids.index(kept) if kept is not None and kept in ids else 0

    def _options(self) -> Iterator[Option]:
        yield Option(_labelled("H", _("Ask for help, now")), id="help")
        yield Option(_labelled("A", _("Write to them in private")), id="question")
        desk = self._client.desk
        explained, asks, answers = desk.explanations(), desk.asks(), desk.answers()
        self._explained = {f"deed {n}": view for n, view in enumerate(explained)}
        self._asks = {f"ask {view.key}": view for view in asks}
        self._answers = {f"answer {view.key}": view for view in answers}
        if answers:
            yield from _heading(_("What they wrote to you"))
        for key, answer in self._answers.items():
            beside = former_words() if answer.former else ""
            yield self._option(key, answer.text, answer.when, beside)
        if explained:
            yield from _heading(_("What they did, and why"))
        for key, explanation in self._explained.items():
            asked = _("you asked to look again") if explanation.appealed else ""
            yield self._option(key, explanation.sentence, explanation.when, asked)
        if asks:
            yield from _heading(_("What you sent them"))
        for key, ask in self._asks.items():
            words = f"{ask.kind_words}: {ask.text}" if ask.text else ask.kind_words
            state = f"! {ask.state_words}" if ask.state == "failed" else ask.state_words
            yield self._option(key, words, ask.when, state)
        if asks and not answers:
            yield from _heading(_("What they answer will be listed here."))
        if not explained and not asks and not answers:
            yield Option("", disabled=True)
            quiet = _(
                "To report a message: choose it in the room (Shift+Tab, then ↑↓) and press T. "
                "What you send them, and what they answer, is listed here."
            )
            for part in wrap(quiet, self._width):
                yield Option(Content.styled(f"  {part}", "$quiet"), disabled=True)

    @property
    def _width(self) -> int:
        return max(10, min(_MEASURE, self.size.width - 7))

    def _option(self, key: str, words: str, when: datetime, beside: str) -> Option:
        first = truncate(" ".join(words.split()), self._width)
        second = truncate(" · ".join(filter(None, (self._when(when), beside))), self._width)
        return Option(Content.assemble(f"  {first}\n", (f"  {second}", "$quiet")), id=key)

    def _when(self, when: datetime) -> str:
        zone = self.peerroom.start.zone
        there, now = local(when, zone), local(self.peerroom.now(), zone)
        return f"{day_words(there.date(), now.date())} {time_words(there)}"

    def _on_change(self, change: Change) -> None:
        if change.kind in ("timeline", "outbox", "notice", "moved", "rooms"):
            if change.kind == "moved":
                self._room_id = change.room_id or self._room_id
            self.call_later(self.fill)

    # Choosing

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        key = event.option_id or ""
        if key == "help":
            self.action_ask_help()
        elif key == "question":
            self.action_ask_moderators()
        elif key in self._explained:
            self.app.push_screen(WhyScreen(self._client, self._explained[key]), self._sent)
        elif key in self._answers:
            self.app.push_screen(WrittenScreen(self._answers[key]))
        elif key in self._asks:
            self._again(self._asks[key])

    def _again(self, ask: AskView) -> None:
        if ask.state == "failed":
            with self.telling():
                self._client.desk.retry(ask.key)
                self.say(_("It is sent once more."))
        else:
            self.app.push_screen(SaidScreen(ask))

    def action_ask_help(self) -> None:
        """Write a call for help."""
        self._ask(help_page)

    def action_ask_moderators(self) -> None:
        """Write to the moderators."""
        self._ask(question_page)

    def _ask(self, page: Callable[[Client, str | None], WritePage]) -> None:
        room_id, obstacle = whom(self._client, self._room_id)
        if obstacle is None:  # else it stands above
            self.app.push_screen(page(self._client, room_id), self._sent)

    def _sent(self, text: str | None) -> None:
        self.fill()
        if text is not None:
            self.say(_("It is on its way to the moderators."))


class WhyScreen(SidePage[str]):
    """Why something was done about oneself; its result is what one wrote to have it looked at
    again, if one did."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("a", "appeal", show=False)]

    def __init__(self, client: Client, view: ExplanationView) -> None:
        super().__init__()
        self._client = client
        self._view = view

    def heading(self) -> str:
        """What this is."""
        return _("What was done, and why")

    def body(self) -> ComposeResult:
        """What, why, how long, and what one can do."""
        zone, view = self.peerroom.start.zone, self._view
        now = local(self.peerroom.now(), zone)
        when = local(view.when, zone)
        day = f"{day_words(when.date(), now.date())} {time_words(when)}"
        paragraphs: list[Paragraph | str] = [Paragraph(view.sentence, heading=day)]
        if view.text:
            paragraphs.append(view.text)
        if view.until is not None and view.until > self.peerroom.now():
            until = moment_words(local(view.until, zone), now)
            paragraphs.append(_("It ends by itself: {when}.").format(when=until))
        if view.appealed:
            paragraphs.append(_("You have asked the moderators to look again."))
        elif view.may_appeal:
            paragraphs.append(
                _(
                    "If you think that it was not right, press A: the moderators look at it once "
                    "more. It is no trouble to them, and changes nothing else for you."
                )
            )
        with VerticalScroll(classes="text"):
            yield Prose(*paragraphs)

    def hints(self) -> tuple[str, ...]:
        """How to go on."""
        may = (_("A please look again"),) if self._view.may_appeal else ()
        return (*may, _("Esc back"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only once, and only for what is a sanction."""
        return action != "appeal" or self._view.may_appeal

    def action_appeal(self) -> None:
        """Ask to look again."""
        self.app.push_screen(appeal_page(self._client, self._view), self._asked)

    def _asked(self, text: str | None) -> None:
        if text is not None:
            self.dismiss(text)


class SaidScreen(SidePage[None]):
    """Something one sent to the moderators."""

    def __init__(self, ask: AskView) -> None:
        super().__init__()
        self._ask = ask

    def heading(self) -> str:
        """What this is."""
        return _("What you sent them")

    def body(self) -> ComposeResult:
        """How far it has come, and its words."""
        with VerticalScroll(classes="text"):
            text = self._ask.text or _("Without further words.")
            heading = f"{self._ask.kind_words} · {self._ask.state_words}"
            yield Prose(Paragraph(text, heading=heading))


class WrittenScreen(SidePage[None]):
    """Something the moderators wrote."""

    def __init__(self, answer: AnswerView) -> None:
        super().__init__()
        self._answer = answer

    def heading(self) -> str:
        """What this is."""
        return _("What they wrote to you")

    def body(self) -> ComposeResult:
        """When, and their words."""
        zone = self.peerroom.start.zone
        when, now = local(self._answer.when, zone), local(self.peerroom.now(), zone)
        heading = f"{day_words(when.date(), now.date())} {time_words(when)}"
        if self._answer.former:
            heading += f" · {former_words()}"
        with VerticalScroll(classes="text"):
            yield Prose(Paragraph(self._answer.text, heading=heading))


def _labelled(key: str, label: str) -> Content:
    return Content.assemble((f"  {key}  ", "bold"), label)


def _heading(words: str) -> Iterator[Option]:
    yield Option("", disabled=True)
    yield Option(Content.styled(f"  {words}", "$quiet"), disabled=True)
