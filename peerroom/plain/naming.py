"""One's own name in the linear mode: what there is to say of it, and going on after a stop."""

from __future__ import annotations

from peerroom.client import pseudonym_words
from peerroom.client.session import Client
from peerroom.clock import Clock
from peerroom.i18n import _
from peerroom.plain.about import name_lines
from peerroom.plain.voice import Voice


class Naming:
    """What ``/name`` does."""

    def __init__(self, client: Client, voice: Voice, clock: Clock) -> None:
        self._client = client
        self._voice = voice
        self._clock = clock
        self._asked = False

    def obey(self, room_id: str | None, argument: str) -> None:
        """Say who one is here; with ``again``, ask whether names may change again, and with
        ``again yes`` after that, let them."""
        asked, self._asked = self._asked, False
        view = self._client.pseudonym(room_id)
        match argument.casefold().split():
            case ["again", *_rest] if not view.may_resume:
                self._voice.note(pseudonym_words.after_resuming(view, done=False))
            case ["again", "yes"] if asked:
                done = self._client.change_names_again()
                view = self._client.pseudonym(room_id)
                self._voice.note(pseudonym_words.after_resuming(view, done=done))
            case ["again", *_rest]:
                self._voice.note(pseudonym_words.before_resuming())
                self._voice.note(_("`/name again yes` lets names change again."))
                self._asked = True
            case _:
                for line in name_lines(view, self._clock.now(), self._voice.zone):
                    self._voice.line(line)
                if view.may_resume:
                    self._voice.note(_("Then type `/name again`."))
