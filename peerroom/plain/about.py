"""Lines about rooms, people and oneself, in the linear mode."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, tzinfo

from peerroom.client import pseudonym_words
from peerroom.client.views import MemberView, PseudonymView, RoomView, keeping_words
from peerroom.i18n import _, ngettext


def room_line(number: int, room: RoomView, today: date, zone: tzinfo) -> str:
    """A room in the list of rooms."""
    words = f"{number}. {room.title}"
    if room.former is not None:
        return f"{words}, {pseudonym_words.you_were(room.former, today, zone)}"
    if room.unread:
        words += ", " + _("{count} new").format(count=room.unread)
    if not room.joined:
        words += ", " + _("you are not in it any more")
    return words


def here_line(room: RoomView, today: date, zone: tzinfo) -> str:
    """Where one is now."""
    if room.former is not None:
        who = pseudonym_words.you_were(room.former, today, zone)
        words = _("“{room}”, {who}. You can read here; /rooms leads back.")
        return words.format(room=room.title, who=who)
    people = ngettext("{count} person", "{count} people", room.people)
    words = _("“{room}”, {people}. /help lists what you can do, /help-now whom you can call.")
    return words.format(room=room.title, people=people.format(count=room.people))


def person_line(person: MemberView) -> str:
    """Somebody in the room."""
    name = f"{person.name} ({_('you')})" if person.own else person.name
    roles = {"member": "", "moderator": _("moderator"), "owner": _("keeper of the room")}
    return ", ".join(word for word in (name, roles[person.role], keeping_words(person)) if word)


def name_lines(view: PseudonymView, now: datetime, zone: tzinfo) -> Iterator[str]:
    """Who one is here, until when, and what still links the names."""
    yield pseudonym_words.headline(view, now, zone)
    for section in pseudonym_words.sections(view, now, zone):
        if section.heading:
            yield f"-- {section.heading}"
        yield from section.sentences
