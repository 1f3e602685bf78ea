"""What the bot says when the registrar wants something said: to whom, and in which words."""

from __future__ import annotations

from typing import Final

from peerroom.i18n import _, ngettext
from peerroom.pseudonym.registrar_effects import Say, Saying

TO_MEMBERS: Final = frozenset({Saying.TOO_SMALL, Saying.SKIPPED, Saying.SWITCHED, Saying.LIMITED})
"""Said in the circle's room; everything else is for moderators."""


def sentence(say: Say, name: str) -> str:
    """The words; ``name`` is how the account that this is about is called."""
    match say.what:
        case Saying.TOO_SMALL:
            return _(
                "Too few of us asked for a new name this time, so everyone keeps theirs "
                "until the next change."
            )
        case Saying.SKIPPED:
            return _(
                "The change of names did not work out this time. Everyone keeps their name "
                "until the next one."
            )
        case Saying.SWITCHED:
            return ngettext(
                "Names have changed. {n} person has a new one, and this is a new room.",
                "Names have changed. {n} people have a new one, and this is a new room.",
                say.number,
            ).format(n=say.number)
        case Saying.VOIDED_BAN:
            return _(
                "Someone was banned after their new name was prepared, so this round does not "
                "count. Another one begins now; members need do nothing."
            )
        case Saying.VOIDED_FEW:
            return ngettext(
                "Only {n} new account came, too few for a change of names. Another round begins.",
                "Only {n} new accounts came, too few for a change of names. Another round begins.",
                say.number,
            ).format(n=say.number)
        case Saying.VOIDED_LATE:
            return _("I was late for this round of new names, so it is left out.")
        case Saying.NAME_RETIRED:
            return _(
                "“{name}” is a retired name: nobody has it any more, and nobody can come back "
                "under it. Old messages can still be removed with `!remove`."
            ).format(name=name)
        case Saying.HELD:
            return _("The change of names waits. `!release` lets it go on.")
        case Saying.LIMITED:
            return _(
                "This server does not let me put people into the new room, so I invite them one "
                "by one, and it opens for writing when they have had time to come. Whoever runs "
                "the server can see the order in which they come."
            )
        case Saying.SIGNER_WRONG:
            return _(
                "My signing process gave an answer that is not right. Nothing was published. "
                "Please restart me; if it happens again, check this computer."
            )
        case _:
            return _about_seats(say, name)


def _about_seats(say: Say, name: str) -> str:
    match say.what:
        case Saying.REPLACEMENT_ASKED:
            return _(
                "A new invite for the seat of {name} was asked for. If {name} writes anything "
                "within 48 hours, nothing happens; otherwise the seat goes to the new invite."
            ).format(name=name)
        case Saying.REPLACEMENT_STOPPED:
            return _("{name} wrote something, so the seat stays with them.").format(name=name)
        case Saying.REPLACEMENT_REFUSED:
            return _(
                "{name} has no seat that I can give to someone else right now. Nothing was done."
            ).format(name=name)
        case Saying.SEAT_LAPSED:
            return ngettext(
                "{n} seat was not taken back in time and is free again.",
                "{n} seats were not taken back in time and are free again.",
                say.number,
            ).format(n=say.number)
        case _:
            raise ValueError(say.what)


def warning() -> str:
    """What someone is told, in their room with the bot, whose laptop is said to be lost."""
    return _(
        "A moderator says that your computer was lost, and that your seat should go to a new "
        "invite. If that is wrong, write anything, here or in the room, within 48 hours."
    )
