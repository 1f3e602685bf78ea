"""The words of the panic screen: titles, states and gaps, in the current language.

Both skins take their words from here, so that a line reads the same in the terminal client, in
the linear mode and in the shell.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from peerroom.care.catalogue import language_name
from peerroom.care.helplines import Gap, PanicScreen, Row, Section, SectionKind
from peerroom.i18n import N_, _, language, pgettext

_TITLES: Final[dict[SectionKind, str]] = {
    "danger": N_("{country}: if a life is in danger"),
    "main": N_("Someone to talk to"),
    "second": N_("If that line is busy"),
    "own": N_("Your own numbers"),
    "parents": N_("For parents"),
    "child": N_("For your child to call"),
    "violence": N_("Violence at home"),
    "daytime": N_("At certain hours"),
    "charged": N_("Charged calls"),
    "more": N_("More lines"),
    "directory": N_("More lines, less certain"),
}

_GAPS: Final[dict[Gap, str]] = {
    "country_unknown": N_(
        "PeerRoom does not know which country you are in, and does not look it up. Please choose."
    ),
    "country_without_data": N_(
        "We have no numbers for {country}. Call the local emergency service."
    ),
    "emergency_only": N_("For {country} we know emergency numbers only, no helpline."),
    "no_main": N_("For {country} we know no helpline that is certain enough for this page."),
    "no_second": N_("We know of no second line here. If it does not connect, try again."),
    "other_languages_only": N_("No line on this page is known to answer in {language}."),
    "list_is_old": N_(
        "This list is from {date}, more than a year ago. Numbers and hours may have changed: "
        "check them on the official site."
    ),
}
_ORDER: Final[tuple[Gap, ...]] = tuple(_GAPS)

_DAYS: Final = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))

RECENT_YEARS: Final = 2
"""A line whose newest page is older than this many years says so."""

SPOKEN: Final = 4
"""Languages a line names; of more it gives the number."""


def title(section: Section, screen: PanicScreen) -> str:
    """The heading of a section; the first names the country, so that a wrong one is seen."""
    if section.kind == "main" and section.rows[0].opening.state == "open":
        return _("Someone to talk to, open now")
    return _(_TITLES[section.kind]).format(country=screen.country_name)


def danger_elsewhere() -> str:
    """The heading over the emergency numbers of all countries."""
    return _("If a life is in danger, by country")


def remark(section: Section) -> str | None:
    """A sentence under the heading: who else serves here, or the directory's caution."""
    match section.kind:
        case "directory":
            return _(
                "We are less sure of these: the number, the hours or the cost may have changed. "
                "If one does not answer, take a line of the first page."
            )
        case "violence":
            return _("The lines we know are on the second page.")
        case "parents" if section.also:
            return _("Parents can call {number}.").format(number=number(section.also[0]))
        case "child" if section.also and section.rows:
            return _("At this hour your child can call {number}.").format(
                number=number(section.also[0])
            )
        case "child" if section.also:
            return _("Your child can call {number} too.").format(number=number(section.also[0]))
        case _:
            return None


def number(row: Row) -> str:
    """The number as it is dialled, with the digit to press; for web services how to reach them."""
    if not row.number and row.sms:
        return text_message(row) or ""
    if not row.number:
        return pgettext("helpline", "online")
    if row.menu:
        return _("{number}, then {digit}").format(number=row.number, digit=row.menu)
    return row.number


def text_message(row: Row) -> str | None:
    """How to reach the line by text message, if it can be."""
    if not row.sms:
        return None
    to, _slash, word = (part.strip() for part in row.sms.partition("/"))
    if word:
        return _("text {word} to {number}").format(word=word, number=to)
    return _("text {number}").format(number=to)


def web(row: Row) -> str | None:
    """The line's web address, with a caution where no source prints it."""
    address = row.chat_url or row.url
    if address is None or row.web_sure:
        return address
    return _("{address} (address not confirmed)").format(address=address)


def state(row: Row, screen: PanicScreen) -> str:
    """Open now, or when it opens, on the reader's clock and on the line's."""
    opening = row.opening
    if opening.state == "unknown":
        return _published(opening.published, screen)
    if opening.around_the_clock:
        return _("open day and night")
    if opening.state == "open" and opening.until:
        words = _("open now, until {time}").format(time=_clock(opening.until, screen, closing=True))
    elif opening.opens:
        words = _("closed, opens {time}").format(time=_clock(opening.opens, screen))
    else:
        words = pgettext("helpline", "closed")
    if opening.holidays_off:
        words = _("{state}, not on public holidays").format(state=words)
    return words


def facts(row: Row, screen: PanicScreen) -> tuple[str, ...]:
    """What is known of a line, most important first: state, cost, who may call, languages, …

    Of an emergency number nothing is said: nobody should hesitate over one.
    """
    if row.emergency:
        return ()
    told = [state(row, screen)] if row.opening.published or row.tier else []
    if row.tier:
        told.append(_cost(row))
    told.append(_audience(row))
    if row.anonymous:
        told.append(_("you can stay anonymous"))
    if row.unbilled:
        told.append(_("not on the phone bill"))
    told.append(_languages(row))
    if row.region:
        told.append(_("for {region}").format(region=row.region))
    if row.number:
        told.append(text_message(row) or "")
    if row.source_date and int(row.source_date[:4]) < screen.compiled.year - RECENT_YEARS:
        told.append(_("newest page we saw: {year}").format(year=row.source_date[:4]))
    return tuple(filter(None, told))


def gaps(screen: PanicScreen) -> tuple[str, ...]:
    """One sentence for each thing the screen cannot offer, and where to look instead."""
    return tuple(_gap(gap, screen) for gap in _ORDER if gap in screen.gaps)


def _gap(gap: Gap, screen: PanicScreen) -> str:
    words = _(_GAPS[gap]).format(
        country=screen.country_name or screen.country,
        language=language_name(screen.language, language()),
        date=screen.compiled.isoformat(),
    )
    second_page = [row for section in screen.more for row in section.rows]
    if gap == "no_main" and second_page:
        return together(words, _("Less certain ones are on the second page."))
    if gap == "other_languages_only" and any(screen.language in r.languages for r in second_page):
        return together(words, _("Some on the second page may."))
    return words


def together(*sentences: str) -> str:
    """Sentences one after the other, as the current language sets them."""
    return ("" if language() == "ja" else " ").join(sentences)


def try_again() -> str:
    """What the ministry of education in Tokyo writes under its number, and true of every line."""
    return _("If it does not connect, do not hesitate: call again, as often as it takes.")


def provenance(screen: PanicScreen) -> str:
    """What the list rests on, so that nobody trusts it more than it deserves."""
    return _(
        "Checked against public pages on {date}. Nobody rang the numbers to test them."
    ).format(date=screen.compiled.isoformat())


def last_lines(screen: PanicScreen) -> tuple[str, ...]:
    """What every page ends with, as the end is what a small terminal shows: whom to call."""
    told = [
        _("Open now: {number} {name}").format(number=number(row), name=row.name)
        for section in screen.sections
        if section.kind == "main"
        for row in section.rows
        if row.opening.state == "open"
    ]
    if screen.emergency:
        numbers = " · ".join(f"{row.number} {row.name}" for row in screen.emergency)
        told.append(_("Danger to life: {numbers}").format(numbers=numbers))
    return tuple(told)


def _clock(moment: datetime, screen: PanicScreen, *, closing: bool = False) -> str:
    """``moment`` on the reader's clock, and on the line's own where the two differ."""
    here = moment.astimezone(screen.now.tzinfo)
    mine = _time(here, screen.now, closing=closing)
    if here.utcoffset() == moment.utcoffset():
        return mine
    there = _hours_and_minutes(moment, closing=closing)
    return _("{mine} your time ({there} in {country})").format(
        mine=mine, there=there, country=screen.country_name
    )


def _time(moment: datetime, now: datetime, *, closing: bool) -> str:
    """The clock time, with its day unless that is today or the line closes within a day."""
    clock = _hours_and_minutes(moment, closing=closing)
    days = (moment.date() - now.date()).days
    if days <= 0 or (closing and moment - now < timedelta(days=1)):
        return clock
    if days == 1:
        return _("tomorrow {time}").format(time=clock)
    if days < 7:
        return _("{day} {time}").format(day=_(_DAYS[moment.weekday()]), time=clock)
    return f"{moment:%m-%d} {clock}"


def _hours_and_minutes(moment: datetime, *, closing: bool) -> str:
    clock = f"{moment:%H:%M}"
    return "24:00" if closing and clock == "00:00" else clock


def _published(hours: str, screen: PanicScreen) -> str:
    match hours:
        case "" | "unknown":
            return _("hours not known")
        case "varies":
            return _("hours differ by place")
        case "24/7":
            return _("day and night, not confirmed")
        case _:
            words, _space, _zone = hours.rpartition(" ")
            for day in _DAYS:
                words = words.replace(day, _(day))
            return _("{hours} in {country}, not confirmed").format(
                hours=words, country=screen.country_name
            )


def _cost(row: Row) -> str:
    if row.cost == "free":
        return pgettext("helpline", "free")
    if row.cost == "charged":
        return pgettext("helpline", "charged")
    return _("cost not confirmed")


def _audience(row: Row) -> str:
    match row.audience:
        case ("children",):
            return _("for children")
        case ("parents",):
            return _("for parents")
        case who if "anyone" not in who:
            return _("parents and children") if who else ""
        case who if "parents" in who:
            return _("anyone, parents too")
        case _:
            return _("anyone can call")


def _languages(row: Row) -> str:
    """The languages a line is known to answer in; nothing where that is just the reader's own."""
    if not row.languages or row.languages == (language(),):
        return ""
    if len(row.languages) > SPOKEN:
        return _("in {count} languages").format(count=len(row.languages))
    names = "/".join(language_name(code, language()) for code in row.languages)
    return _("in {languages}").format(languages=names)
