"""What a member says to the moderators in private: a report, a call for help, a question."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from peerroom.client.dates import local, time_words
from peerroom.client.reporting_lines import chosen, lines_of
from peerroom.client.reporting_views import EarlierName
from peerroom.client.wording import event_time
from peerroom.errors import PeerRoomError
from peerroom.i18n import _
from peerroom.tui.screens.writing import Request, WritePage
from peerroom.tui.widgets.sheet import Row

if TYPE_CHECKING:
    from peerroom.client.reporting_views import ExplanationView
    from peerroom.client.session import Client
    from peerroom.client.timeline import Timeline
    from peerroom.wire.cases import Line


def whom(client: Client, room_id: str | None) -> tuple[str | None, PeerRoomError | None]:
    """The room about whose moderators one can ask something, and why one cannot, if so.

    Under an earlier name one asks those of the present one: to name the room would link the two.
    """
    obstacle = client.desk.obstacle(room_id) if room_id is not None else None
    return (None, None) if isinstance(obstacle, EarlierName) else (room_id, obstacle)


def report_page(client: Client, room_id: str, key: str, zone: tzinfo | None) -> WritePage:
    """Report one message; shows all that is sent. Raises `NothingToReport`."""

    def send(text: str) -> None:
        client.desk.report(room_id, [key], text)

    return WritePage(
        lambda: Request(
            _("Tell the moderators"),
            [
                _(
                    "Only the moderators see what you send here. The room does not learn of it, "
                    "nor does whoever wrote the message. They do not see who reported it: only "
                    "their bot knows, so that an answer can reach you. All of it is encrypted."
                ),
            ],
            hint=_("What should they know? You can leave this empty."),
            enter=_("Enter sends it"),
            shown=tuple(_shown(client.timeline(room_id), [key], zone)),
        ),
        send=send,
        may_be_empty=True,
    )


def help_page(client: Client, room_id: str | None) -> WritePage:
    """Ask for help, now."""

    def send(text: str) -> None:
        client.desk.ask_for_help(text, room_id)

    return WritePage(
        lambda: Request(
            _("Ask the moderators for help"),
            [
                _(
                    "They see your name here and what you write, and look at it first. Nobody else "
                    "in the room sees it. It is encrypted."
                ),
                _(
                    "They are volunteers and may be asleep. F1 shows people who answer the "
                    "telephone now."
                ),
            ],
            hint=_("You can leave this empty, and just send it."),
            enter=_("Enter asks for help"),
        ),
        send=send,
        may_be_empty=True,
    )


def question_page(client: Client, room_id: str | None) -> WritePage:
    """A private word to the moderators."""

    def send(text: str) -> None:
        client.desk.ask_moderators(text, room_id)

    return WritePage(
        lambda: Request(
            _("Write to the moderators"),
            [
                _(
                    "They see your name here and what you write. Nobody else in the room sees it. "
                    "It is encrypted. The answer comes to you in private."
                ),
            ],
            hint=_("What would you like to say or ask?"),
        ),
        send=send,
    )


def appeal_page(client: Client, view: ExplanationView) -> WritePage:
    """Ask to look again at what was done."""

    def send(text: str) -> None:
        client.desk.appeal(view.deed, text)

    return WritePage(
        lambda: Request(
            _("Please look again"),
            [
                view.sentence,
                _(
                    "The moderators look at it once more, and see your name here and what you "
                    "write. The answer comes to you in private."
                ),
            ],
            hint=_("What did they not see? You can leave this empty."),
            enter=_("Enter asks them to look again"),
        ),
        send=send,
        may_be_empty=True,
    )


def _shown(timeline: Timeline, keys: Sequence[str], zone: tzinfo | None) -> Iterator[Row]:
    """Exactly the lines that a report of these messages has, those it is about first."""
    lines = lines_of(timeline, chosen(timeline, keys))
    yield Row()
    yield Row(_("You report this:"), look="strong")
    yield from _rows([line for line in lines if line.about], "▌ ", zone)
    if around := [line for line in lines if not line.about]:
        yield Row()
        yield Row(_("What was said around it goes along:"), look="strong")
        yield from _rows(around, "  ", zone)


def _rows(lines: Sequence[Line], lead: str, zone: tzinfo | None) -> Iterator[Row]:
    for line in lines:
        time = time_words(local(event_time(line.at), zone))
        yield Row(f"{line.name}  {time}", lead, "strong" if line.about else "quiet")
        yield Row(line.text, lead, "plain" if line.about else "quiet")
