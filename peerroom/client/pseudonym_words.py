"""What there is to say about one's own name, in plain words; every face says the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Final

from peerroom.client.dates import local, moment_words, span_words
from peerroom.client.promise import GIVES_AWAY, PROTECTS, STILL_LINKS
from peerroom.client.views import FormerName, PseudonymView, Stage
from peerroom.i18n import N_, _, language, ngettext

CLAIMED: Final = 8
"""Accounts below which no claim is made that names cannot be linked."""

COMFORTABLE: Final = 20
"""Accounts below which a crowd is called small."""

_STAGES: Final[dict[Stage, str]] = {
    "asked": N_("Asked for a new name. It begins {when}."),
    "signed": N_(
        "A new name is granted to you. PeerRoom fetches it by itself, at a moment drawn by lot: "
        "leave it open, or let `peerroom agent` run."
    ),
    "made": N_("Your new name is being fetched."),
    "shown": N_("Your new name is ready; it begins {when}."),
    "ready": N_("Your new name begins in a moment."),
    "kept": N_("You keep this name at the next change, and get a new one with the one after."),
    "skipped": N_("Names do not change this time: everyone keeps theirs."),
    "declined": N_("There is no new name for you this time. A moderator can tell you why."),
    "staying": N_(
        "PeerRoom has asked to come back under this name. If you are still outside tomorrow, "
        "please tell a moderator in another way than by this room."
    ),
    "lost": N_("A moderator can let you in again: ask for a replacement of your place."),
}


@dataclass(frozen=True, slots=True)
class Section:
    """Sentences under a heading (which may be empty); ``listed`` ones stand each for itself."""

    heading: str
    sentences: tuple[str, ...]
    listed: bool = False

    @property
    def text(self) -> str:
        """The sentences as one text."""
        if self.listed:
            return "\n".join(self.sentences)
        return ("" if language() == "ja" else " ").join(self.sentences)


def headline(view: PseudonymView, now: datetime, zone: tzinfo | None) -> str:
    """Who one is, until when, and among how many: one line."""
    if not view.name:
        return _("Your new name has begun. Its room is being looked for.")
    if view.kind in ("fixed", "resident", "stopped"):
        return _("You are {name}").format(name=view.name)
    if view.kind == "waiting":
        return _("You are outside for now, as {name}").format(name=view.name)
    words = _("You are {name} until {when}").format(name=view.name, when=_until(view, now, zone))
    if view.crowd is None:
        return words
    return _("{you} · crowd {count}").format(you=words, count=view.crowd)


def sections(view: PseudonymView, now: datetime, zone: tzinfo | None) -> list[Section]:
    """Everything else: how things stand, what protects, what still links, earlier names."""
    found = [
        Section("", tuple(_standing(view, now, zone))),
        Section("", tuple(_crowd(view, now, zone))),
    ]
    if view.kind == "fixed":
        found.append(Section(_("What still links you"), (_(GIVES_AWAY), _address(view))))
    else:
        found.append(Section(_("What the change of names protects"), _translated(PROTECTS)))
        links = (*_translated(STILL_LINKS), _address(view))
        found.append(Section(_("What still links you"), links))
    if view.former:
        today = local(now, zone).date()
        names = tuple(former_words(former, today, zone) for former in view.former)
        heading = _("Your earlier names, which only you can see here")
        found.append(Section(heading, names, listed=True))
    return [section for section in found if section.sentences]


def former_words(former: FormerName, today: date, zone: tzinfo | None) -> str:
    """An earlier name with its days and its room."""
    words = _("{name}, in “{room}”").format(name=former.name, room=former.room)
    days = former_days(former, today, zone)
    return _("{days}: {name}").format(days=days, name=words) if days else words


def former_days(former: FormerName, today: date, zone: tzinfo | None) -> str:
    """The days of an earlier name; empty where they are not known."""
    if former.begin is None or former.end is None:
        return ""
    return span_words(local(former.begin, zone), local(former.end, zone), today)


def you_were(former: FormerName, today: date, zone: tzinfo | None) -> str:
    """Who one was in a room of the past: ``you were Quiet Amber Heron, 8–15 Nov``."""
    words = _("you were {name}").format(name=former.name)
    days = former_days(former, today, zone)
    return _("{who}, {days}").format(who=words, days=days) if days else words


def before_resuming() -> str:
    """What to make sure of before names change again."""
    return _("Only if a moderator told you in another way that all is well.")


def after_resuming(view: PseudonymView, *, done: bool) -> str:
    """What came of it; ``done`` as `Client.change_names_again` answered, ``view`` from then on."""
    if view.kind != "stopped":
        return _("Names change again.") if done else _("Nothing has stopped here.")
    if not view.may_resume:
        return view.problem
    if done:
        return _("What did not add up is still there.")
    return _("That cannot be done at the moment. Please try again in a minute.")


def newcomer(view: PseudonymView, now: datetime, zone: tzinfo | None) -> str:
    """What whoever has not changed names here yet should know."""
    if view.crowd is None:
        words = _("Until the first change of names, {when}, everyone here can follow this name.")
    else:
        words = _(
            "Today's newcomer is recognisable. At the next change of names, {when}, you disappear "
            "in the crowd."
        )
    return words.format(when=_until(view, now, zone))


def _standing(view: PseudonymView, now: datetime, zone: tzinfo | None) -> Iterator[str]:
    if view.other_name:
        yield _other(view)
    match view.kind:
        case "fixed":
            yield _("This name does not rotate: everyone here can follow it.")
            yield _("All that is said under it belongs together, for whoever reads it.")
        case "resident":
            yield _("The others' names change, yours does not: everyone here can follow it.")
        case "stopped":
            yield view.problem
            yield _("So your name does not change for now. Nothing that you wrote is lost.")
            if view.may_resume:
                yield _(
                    "When a moderator has told you in another way that all is well, names can "
                    "change again."
                )
        case "away":
            yield _(
                "You were away when names changed, so this one was not renewed this week. "
                "You get a new one with the next change."
            )
        case "waiting":
            yield _("Names changed without you. You can read what was said until then.")
        case "between":
            yield _("What you write now is kept as a draft, and goes with you.")
    if view.together:
        yield _(
            "You opened PeerRoom while a change of names was late, so two of your names came right "
            "after each other: whoever runs the server can guess that both are yours."
        )
    if view.stage in _STAGES:
        yield _(_STAGES[view.stage]).format(when=_until(view, now, zone))


def _crowd(view: PseudonymView, now: datetime, zone: tzinfo | None) -> Iterator[str]:
    """How far one disappears among the others, said before anything is promised."""
    if view.kind != "rotates":
        return
    if view.newcomer or view.crowd is None:
        yield newcomer(view, now, zone)
        return
    if view.crowd < CLAIMED:
        yield _(
            "Only {count} changed names together. With fewer than 8, no claim is made that names "
            "cannot be linked."
        ).format(count=view.crowd)
    elif view.crowd < COMFORTABLE:
        yield _(
            "{count} changed names together. That is a small crowd: to guess who is who is easier "
            "than among many."
        ).format(count=view.crowd)
    yield _("The crowd counts accounts; a host could fill it with puppets.")
    if view.carried:
        yield ngettext(
            "{count} person here was not renewed this week and keeps the old name.",
            "{count} people here were not renewed this week and keep their old names.",
            view.carried,
        ).format(count=view.carried)


def _other(view: PseudonymView) -> str:
    words = {
        "en": _("Those who read Japanese see you as {name}."),
        "ja": _("Those who read English see you as {name}."),
    }
    return words[language()].format(name=view.other_name)


def _address(view: PseudonymView) -> str:
    if view.proxied:
        return _("PeerRoom goes through your proxy now.")
    return _("PeerRoom connects directly now: whoever runs the server sees your address.")


def _until(view: PseudonymView, now: datetime, zone: tzinfo | None) -> str:
    """When the next name begins; a plan that has passed is not repeated."""
    if view.until is None or view.until <= now:
        return _("the next change of names")
    return moment_words(local(view.until, zone), local(now, zone))


def _translated(sentences: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_(sentence) for sentence in sentences)
