"""``peerroom help-now``: numbers to call, now.

It needs no account, no network, no vault and no settings, and nothing in them can stop it. It
imports nothing but click, the standard library and the care data: what counts is the time until
a number can be read.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Final, Literal, NamedTuple, TextIO

import click

from peerroom import i18n, paths
from peerroom.care import catalogue, helplines, render, wording
from peerroom.care.helplines import OwnNumber, PanicScreen
from peerroom.care.hours import Opening
from peerroom.care.zone import reader_zone
from peerroom.i18n import _

_WIDTHS: Final = (40, 80)
"""Narrowest and widest page in cells: longer lines are hard to follow when one is tired."""

_Named = helplines.Section | helplines.Row | helplines.Place | PanicScreen | Opening
Origin = Literal["asked", "settings", "locale"]


class Settings(NamedTuple):
    """What the settings say about the panic screen, as far as they can be read."""

    country: str | None = None
    language: str | None = None
    own_numbers: Sequence[OwnNumber] = ()
    notice: str | None = None


class Choice(NamedTuple):
    """A country (None if unknown) and where it is known from."""

    country: str | None
    origin: Origin = "asked"
    notice: str | None = None


@click.command(
    help=_("Numbers to call, now. No account, no network."),
    epilog="\b\n"
    + _("Examples:")
    + "\n  peerroom help-now --country JP\n  peerroom help-now --lang ja --all",
)
@click.option("--country", metavar="NAME", help=_("Country, as a code or a name: JP, Japan."))
@click.option("--lang", metavar="en|ja", help=_("Language of the page."))
@click.option("--all", "everything", is_flag=True, help=_("More lines, and answers to doubts."))
@click.option("--json", "as_json", is_flag=True, help=_("The page as JSON."))
def command(country: str | None, lang: str | None, everything: bool, as_json: bool) -> None:
    settings = read_settings()
    i18n.set_language(choose_language(lang, settings, sys.stdout))
    choice = choose_country(country, settings)
    if choice.country is None and not country and not as_json and _interactive():
        choice = Choice(_ask_for_country())
    now = datetime.now(UTC).astimezone(reader_zone())
    page = helplines.screen(choice.country, i18n.language(), now, settings.own_numbers)
    # A terminal that cannot show a character shows "?" for it; the digits are always there.
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    notices = [choice.notice, _how_to_choose(choice, page), settings.notice]
    if as_json:
        click.echo(as_json_text(page))
        return
    shown = render.lines(
        page,
        width=page_width(sys.stdout),
        more=everything,
        notices=[words for words in notices if words],
        hint=_hint(page, everything),
    )
    paint = _style() if sys.stdout.isatty() else _plain
    click.echo("\n".join(paint(line) for line in shown), color=True)
    gc.freeze()  # what is left is to exit: spares a walk over every object, 6 ms


def read_settings() -> Settings:
    """The settings, or what is left of them: nothing here may stop the numbers."""
    if not os.access(paths.config_file_name(), os.F_OK):
        return Settings()
    from peerroom import config  # TOML costs 6 ms, and most people have no such file

    path = paths.config_file()
    found = config.peek(path)
    try:
        config.load(path)
        notice = None
    except config.ConfigError:
        notice = _("Part of your settings could not be read; everything else is used.")
    return Settings(
        found.interface.country, found.interface.language, found.panic.own_numbers, notice
    )


def choose_language(wanted: str | None, settings: Settings, out: TextIO) -> str:
    """The language asked for, then the settings', then the locale's, if ``out`` can show it."""
    language = wanted or settings.language or i18n.language_from_environment()
    try:
        "番号".encode(out.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "en"
    return language


def choose_country(wanted: str | None, settings: Settings) -> Choice:
    """The country asked for, then the settings', then the locale's; never the network's."""
    if wanted:
        return _asked(wanted)
    if settings.country:
        return Choice(catalogue.find_country(settings.country) or settings.country, "settings")
    return Choice(i18n.country_from_environment(), "locale")


def _asked(wanted: str) -> Choice:
    if found := catalogue.find_country(wanted):
        return Choice(found)
    if len(wanted) == 2 and wanted.isascii() and wanted.isalpha():
        return Choice(wanted.upper())
    from difflib import get_close_matches

    names = {c.name: c.code for language in i18n.LANGUAGES for c in catalogue.countries(language)}
    near = get_close_matches(wanted.title(), names, n=1)
    notice = _("The list has no country called that.")
    if near:
        notice = wording.together(notice, _("Did you mean {name}?").format(name=near[0]))
    return Choice(None, notice=notice)


def _interactive() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _ask_for_country() -> str | None:
    """Ask once or twice; Enter goes on without a country, and so does the end of the input."""
    question = _("Which country are you in? (JP, Japan, …; Enter to go on without) ")
    for _attempt in range(2):
        try:
            answer = input(question).strip()
        except EOFError:
            return None
        choice = _asked(answer) if answer else Choice(None)
        if choice.country or not choice.notice:
            return choice.country
        click.echo(choice.notice)
    return None


def _how_to_choose(choice: Choice, page: PanicScreen) -> str | None:
    """How to come to another country's numbers, where this one may be the wrong one."""
    if page.elsewhere:
        return _("For one country: `peerroom help-now --country NAME`. For all of them: `--all`.")
    if choice.origin == "locale":
        return _(
            "{country} is what your computer's language setting says. For another country: "
            "`peerroom help-now --country NAME`."
        ).format(country=page.country_name)
    return None


def _hint(page: PanicScreen, everything: bool) -> str:
    if everything or page.elsewhere:
        return ""
    return _("More lines, and what makes calling hard: `peerroom help-now --all`.")


def page_width(out: TextIO) -> int:
    """Cells of a page on ``out``."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(out.fileno()).columns)
    except (OSError, ValueError):
        return _WIDTHS[1]
    return min(max(columns, _WIDTHS[0]), _WIDTHS[1])


def _style() -> Callable[[render.Line], str]:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return _plain
    return _emphasized


def _plain(line: render.Line) -> str:
    return line.text


def _emphasized(line: render.Line) -> str:
    match line.role:
        case "title":
            return click.style(line.text, bold=True)
        case "closed":
            return click.style(line.text, dim=True)
        case _:
            return line.text


def as_json_text(page: PanicScreen) -> str:
    """The page as one JSON object; times as ISO 8601, sections and rows with their words."""
    import json

    def told(value: object) -> object:
        match value:
            case helplines.Section():
                words = {"title": wording.title(value, page), "remark": wording.remark(value)}
                return words | fields(value)
            case helplines.Row():
                return fields(value) | {"facts": wording.facts(value, page)}
            case PanicScreen():
                return fields(value) | {"gaps_in_words": wording.gaps(page)}
            case frozenset():
                return sorted(value)
            case date():
                return value.isoformat()
            case helplines.Place() | Opening():
                return fields(value)
            case tuple():
                return [told(item) for item in value]
            case _:
                return value

    def fields(value: _Named) -> dict[str, object]:
        return {name: told(item) for name, item in value._asdict().items()}

    return json.dumps(told(page), ensure_ascii=False)
