"""Talking with the moderators in private, in the linear mode: reports, questions, reasons."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Final

from peerroom.client.dates import local, moment_words
from peerroom.client.reporting_views import ExplanationView, former_words
from peerroom.client.session import Client
from peerroom.client.views import MessageView
from peerroom.clock import Clock
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.plain.commands import Command
from peerroom.plain.voice import Voice, sentence_of

_LISTED: Final = 9
_ASKS: Final = 5
_LOOKED_AT: Final = 200


class Private:
    """What ``/report``, ``/ask``, ``/moderators``, ``/why`` and ``/appeal`` do."""

    def __init__(self, client: Client, voice: Voice, clock: Clock) -> None:
        self._client = client
        self._voice = voice
        self._clock = clock
        self._numbered: tuple[str, list[str]] | None = None
        """The room of the last list of messages, and their keys."""

    def obey(self, room_id: str | None, command: Command) -> None:
        """Do what the command says, in the room where one is; what cannot be done is said."""
        try:
            match command.word:
                case "report":
                    self._report(room_id, command.argument)
                case "ask":
                    self._client.desk.ask_for_help(command.argument, self._kept(room_id))
                    self._on_its_way(_("The moderators are told in private that you need them."))
                    self._voice.note(_("/help-now has numbers to call, at any time."))
                case "moderators":
                    self._moderators(room_id, command.argument)
                case "why":
                    self._why()
                case "appeal":
                    self._appeal(command.argument)
        except PeerRoomError as error:
            self._voice.note(error.sentence())

    def _on_its_way(self, words: str) -> None:
        """Say what happens with something that was said to the moderators just now."""
        online = self._client.connection.kind == "online"
        self._voice.note(words if online else _("Kept. It is sent when the connection is back."))

    def _kept(self, room_id: str | None) -> str | None:
        """The room, if it has moderators; the room entered last has to do otherwise."""
        there = room_id is not None and self._client.desk.obstacle(room_id) is None
        return room_id if there else None

    def _report(self, room_id: str | None, argument: str) -> None:
        if room_id is None:
            self._voice.note(_("There is no room here yet."))
            return
        if (obstacle := self._client.desk.obstacle(room_id)) is not None:
            raise obstacle
        if not argument:
            self._number(room_id)
            return
        keys = self._keys(room_id)
        first, _space, why = argument.partition(" ")
        numbers = _numbers(first)
        if not numbers or max(numbers) > len(keys):
            self._voice.note(_("Which message? /report alone numbers the last ones."))
            return
        self._client.desk.report(room_id, [keys[number - 1] for number in numbers], why)
        self._numbered = None
        self._on_its_way(
            _("The moderators are told in private, with what stood around it. Nobody here sees it.")
        )

    def _number(self, room_id: str) -> None:
        views = self._others(room_id)
        self._numbered = room_id, [view.key for view in views]
        for number, view in enumerate(views, 1):
            self._voice.line(f"{number}. {sentence_of(view)}")
        if views:
            self._voice.note(
                _("/report N reports number N; /report 2,3 and a few words says why, too.")
            )
        else:
            self._voice.note(_("Nobody else has written here yet."))

    def _keys(self, room_id: str) -> list[str]:
        """Numbers keep meaning what was listed, whatever has been said since."""
        if self._numbered is not None and self._numbered[0] == room_id:
            return self._numbered[1]
        return [view.key for view in self._others(room_id)]

    def _others(self, room_id: str) -> list[MessageView]:
        """The newest messages of others, the newest first."""
        page = self._client.timeline(room_id).page(limit=_LOOKED_AT)
        found = [
            view
            for view in reversed(page)
            if not view.own and view.kind in ("text", "action", "file")
        ]
        return found[:_LISTED]

    def _moderators(self, room_id: str | None, text: str) -> None:
        if text:
            self._client.desk.ask_moderators(text, self._kept(room_id))
            self._on_its_way(_("The moderators get it in private; nobody else sees it."))
            return
        asks = self._client.desk.asks()[:_ASKS]
        for ask in asks:
            words = f"{ask.kind_words}: {ask.text}" if ask.text else ask.kind_words
            self._voice.line(f"{self._moment(ask.when)} {words} ({ask.problem or ask.state_words})")
        for answer in self._client.desk.answers()[:_ASKS]:
            words = _("the moderators wrote: {text}").format(text=answer.text)
            if answer.former:
                words += f" ({former_words()})"
            self._voice.line(f"{self._moment(answer.when)} {words}")
        if not asks:
            self._voice.note(_("`/moderators TEXT` says something to the moderators in private."))

    def _why(self) -> None:
        views = self._client.desk.explanations()[:_LISTED]
        for view in views:
            self._voice.line(f"{view.deed}. {self._explained(view)}")
        if not views:
            self._voice.note(_("Nothing was done about what you wrote."))
        elif any(view.may_appeal for view in views):
            self._voice.note(_("/appeal N asks the moderators to look again at number N."))

    def _explained(self, view: ExplanationView) -> str:
        said = f"{self._moment(view.when)} {view.sentence}"
        if view.until is not None:
            now = local(self._clock.now(), self._voice.zone)
            until = moment_words(local(view.until, self._voice.zone), now)
            said += " " + _("Until {when}.").format(when=until)
        if view.text:
            said += f" {view.text}"
        if view.appealed:
            said += " " + _("(you asked to look again)")
        return said

    def _appeal(self, argument: str) -> None:
        first, _space, text = argument.partition(" ")
        numbers = _numbers(first)
        if len(numbers) != 1:
            self._voice.note(_("Which one? /why numbers what was done."))
            return
        self._client.desk.appeal(numbers[0], text)
        self._on_its_way(_("The moderators are asked to look again; the answer comes in private."))

    def _moment(self, when: datetime) -> str:
        return f"{local(when, self._voice.zone):%Y-%m-%d %H:%M}"


def _numbers(text: str) -> list[int]:
    """ "2" or "2,3", also as an input method writes them; empty if it is something else."""
    words = unicodedata.normalize("NFKC", text).replace("、", ",").split(",")
    if not all(word.isdecimal() and len(word) < 10 and int(word) for word in words):
        return []
    return [int(word) for word in words]
