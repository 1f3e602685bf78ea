"""What an event says, for a reader: its kind and a clean body. Total: any JSON is read.

Client-server API, "Instant Messaging" (m.room.message and its msgtypes), "Rich replies", and
m.room.member. Which words an edit changes is decided in `peerroom.client.edits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from peerroom.client.explained_lines import ASK, ask_line
from peerroom.client.views import MessageKind, MessageState
from peerroom.i18n import N_, _
from peerroom.text.foreign import ForeignText

if TYPE_CHECKING:
    from peerroom.store.events import StoredEvent

MESSAGE: Final = "m.room.message"
MEMBER: Final = "m.room.member"
ENCRYPTED: Final = "m.room.encrypted"
STICKER: Final = "m.sticker"

_FILES: Final[Mapping[str, str]] = {
    "m.image": N_("A picture: {name}. PeerRoom cannot show it yet."),
    "m.file": N_("A file: {name}. PeerRoom cannot open it yet."),
    "m.audio": N_("A sound: {name}. PeerRoom cannot play it yet."),
    "m.video": N_("A video: {name}. PeerRoom cannot play it yet."),
    "m.location": N_("A place: {name}."),
    STICKER: N_("A sticker: {name}."),
}

_SPOILER: Final = "data-mx-spoiler"
"""Stands in the HTML of what is to be covered (client-server API, "Spoiler messages")."""

_MOVES: Final[Mapping[tuple[str, bool], str]] = {
    ("join", True): N_("{name} came in."),
    ("leave", True): N_("{name} left."),
    ("leave", False): N_("{name} was removed."),
    ("ban", False): N_("{name} was removed and cannot come back."),
}
"""By membership, and whether the member did it themselves; other changes are not shown."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An event as it can be shown; ``body`` is clean and may hold line breaks."""

    kind: MessageKind
    body: str
    trouble: MessageState | None = None
    """The state to show where ``body`` is not the sender's but says what is wrong."""
    covered: bool = False
    """The sender wants it to be seen only by who opens it."""


def unshowable() -> Reading:
    """What stands in for an event that is not what its type promises."""
    return Reading("text", _("A message that could not be shown."), "malformed")


def deleted(words: str | None = None) -> Reading:
    """What stands in for a redacted event; ``words`` if there is more to say of it."""
    return Reading("text", words or _("This message was deleted."), "deleted")


def in_clear() -> Reading:
    """What stands in for a message that came without encryption where all are encrypted."""
    words = _(
        "A message that was not encrypted is not shown here: "
        "whoever runs the server could have written it."
    )
    return Reading("text", words, "unattributable")


def changed_to(words: Reading) -> Reading:
    """The words of an edit whose original cannot be read here yet."""
    return replace(words, body=_("Changed to: {text}").format(text=words.body))


def said(event: StoredEvent) -> tuple[str, object]:
    """Type and content of an event: what was encrypted, where that could be read."""
    if event.clear is None:
        return event.type, event.raw.get("content")
    return str(event.clear.get("type")), event.clear.get("content")


def shown(event_type: str) -> bool:
    """Whether events of this (decrypted) type are messages; who comes and goes is state."""
    return event_type in (MESSAGE, ENCRYPTED, STICKER, ASK)


def read(event_type: str, content: object) -> Reading:
    """The reading of an event of a type that is `shown`, already decrypted; of what a bot told us
    the timeline knows more."""
    if not isinstance(content, dict):
        return unshowable()
    if event_type == ASK:
        line = ask_line(content)
        return Reading("text", line) if line is not None else unshowable()
    kind = STICKER if event_type == STICKER else content.get("msgtype")
    body = ForeignText(content.get("body"))
    if not isinstance(kind, str) or body.malformed:
        return unshowable()
    if template := _FILES.get(kind):
        return Reading("file", _(template).format(name=body.line()))
    relation = content.get("m.relates_to")
    relation = relation if isinstance(relation, dict) else {}
    text = body.block()
    if "m.in_reply_to" in relation:
        text = _without_quote(text)
    if kind == "m.emote":
        return Reading("action", text)
    # Every other msgtype, known or not, has a body that stands for it.
    html = content.get("formatted_body")
    covered = isinstance(html, str) and _SPOILER in html
    return Reading("notice" if kind == "m.notice" else "text", text, covered=covered)


def read_move(
    content: object, previous: object, state_key: object, sender: str, name: Callable[[str], str]
) -> Reading | None:
    """The reading of an m.room.member event, or None when it changed nothing worth a line.

    ``previous`` is the content before it (``unsigned.prev_content``), which anyone may have left
    out; ``name`` gives the name to show for a user id.
    """
    if not isinstance(content, dict) or not isinstance(state_key, str):
        return None
    membership = content.get("membership")
    was = previous.get("membership") if isinstance(previous, dict) else None
    if not isinstance(membership, str) or membership == was:
        return None
    if membership == "leave" and was in ("invite", "knock", "ban"):
        return None
    template = _MOVES.get((membership, sender == state_key))
    return Reading("membership", _(template).format(name=name(state_key))) if template else None


def _without_quote(text: str) -> str:
    """A reply without the quote that older clients put in front ("> <@user:server> …").

    The quote repeats another's message under a user id; spec 1.13 dropped it.
    """
    lines = text.split("\n")
    quoted = 0
    while quoted < len(lines) and lines[quoted].startswith(">"):
        quoted += 1
    if quoted and quoted < len(lines) and not lines[quoted].strip():
        quoted += 1
    return "\n".join(lines[quoted:]) or text
