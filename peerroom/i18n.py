"""Languages: gettext catalogs that ship inside the package.

Strings are written in English in the code. Japanese lives in ``locale/ja/<area>.po``, one file
an area of the house so that a translator finds a screen by its name; ``make messages`` merges
them into the one compiled catalog that is read here.
"""

from __future__ import annotations

import gettext
import os
from io import FileIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LANGUAGES: Final = ("en", "ja")
"""Languages the interface is written in, as ISO 639-1 codes."""

_catalog: gettext.NullTranslations = gettext.NullTranslations()
_catalogs: Final[dict[str, gettext.NullTranslations]] = {}
"""Those that were read, by language."""
_language: str = "en"


def N_(message: str) -> str:
    """Mark ``message`` for translation where it is defined; it is translated where it is shown."""
    return message


def _(message: str) -> str:
    """``message`` in the current language."""
    return _catalog.gettext(message) if message else ""  # "" is the catalog's own header


def pgettext(context: str, message: str) -> str:
    """``message`` in the current language, where one English word needs two translations."""
    return _catalog.pgettext(context, message)


def ngettext(singular: str, plural: str, count: int) -> str:
    """The form for ``count`` things, in the current language."""
    return _catalog.ngettext(singular, plural, count)


def language() -> str:
    """The current language, one of `LANGUAGES`."""
    return _language


def set_language(code: str) -> None:
    """Switch every later call of `_` to ``code``; an unknown code means English."""
    global _catalog, _language
    _language = code if code in LANGUAGES else "en"
    _catalog = _catalogs.get(_language) or _read(_language)
    _catalogs[_language] = _catalog


def said_in(code: str, words: Callable[[], str]) -> str:
    """What ``words`` says while ``code`` is spoken; afterwards the language is as before."""
    before = _language
    set_language(code)
    try:
        return words()
    finally:
        set_language(before)


def _read(code: str) -> gettext.NullTranslations:
    if code == "en":
        return gettext.NullTranslations()
    # Neither importlib.resources (7 ms) nor pathlib (2.5 ms): help-now has 15 ms in all until it
    # can be read.
    folder = __file__.rpartition("/")[0]
    with FileIO(f"{folder}/locale/{code}/LC_MESSAGES/peerroom.mo") as file:
        return gettext.GNUTranslations(file)


def language_from_environment(environ: os._Environ[str] | dict[str, str] | None = None) -> str:
    """The language that the user's locale asks for (POSIX order: LC_ALL, LC_MESSAGES, LANG).

    ``LANGUAGE`` comes first where set, as gettext itself does.
    """
    environ = os.environ if environ is None else environ
    wanted = [*environ.get("LANGUAGE", "").split(":")]
    wanted.append(environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or "")
    for name in wanted:
        code = name.partition("_")[0].partition(".")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"


def country_from_environment(
    environ: os._Environ[str] | dict[str, str] | None = None,
) -> str | None:
    """The ISO 3166-1 country of the user's locale (``ja_JP.UTF-8`` gives ``JP``), or None."""
    environ = os.environ if environ is None else environ
    name = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    country = name.partition(".")[0].partition("@")[0].partition("_")[2]
    return country.upper() if len(country) == 2 and country.isalpha() else None
