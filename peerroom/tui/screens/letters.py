"""Private words from moderators: a kind text to begin with, changed at will before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peerroom.i18n import _, language
from peerroom.moderation.template_texts import Language
from peerroom.moderation.template_texts import Texts as Text
from peerroom.text.cells import wrap
from peerroom.tui.screens.page import SidePage
from peerroom.tui.screens.writing import Request, WritePage
from peerroom.tui.widgets.options import Options

if TYPE_CHECKING:
    from peerroom.client.casework_texts import Texts
    from peerroom.client.casework_views import CasePage

_OWN: Final = "own words"
_MEASURE: Final = 84


class LettersScreen(SidePage[str]):
    """Choose a text to begin with; its result is what was made of it and is to be sent."""

    AUTO_FOCUS = "OptionList"

    def __init__(self, page: CasePage, texts: Texts, *, to_author: bool) -> None:
        super().__init__()
        self._page = page
        self._to_author = to_author
        replies, reasons = texts.replies(), texts.reasons()
        self._texts: dict[str, Text] = reasons | replies if to_author else replies | reasons

    def heading(self) -> str:
        """To whom."""
        if self._to_author:
            return _("Write to {name} in private").format(name=self._page.row.name or _("them"))
        return _("Answer whoever asked or reported")

    def body(self) -> ComposeResult:
        """Own words, or one of the texts."""
        yield Options()

    def on_resize(self) -> None:
        """Texts are wrapped to the width."""
        self.fill()

    def fill(self) -> None:
        """Fill the list."""
        for options in self.query(OptionList):
            chosen = options.highlighted or 0
            tongue, width = _tongue(), max(16, min(_MEASURE, self.size.width - 5))
            options.clear_options()
            options.add_option(Option(Content.styled(_("In your own words"), "bold"), id=_OWN))
            for name, texts in self._texts.items():
                options.add_option(Option("", disabled=True))
                lines = "\n".join(wrap(f"{name}  {texts[tongue]}", width))
                prompt = Content.assemble((name, "$quiet"), lines[len(name) :])
                options.add_option(Option(prompt, id=name))
            options.highlighted = chosen

    def hints(self) -> tuple[str, ...]:
        """How to choose."""
        return (_("↑↓ choose"), _("Enter: change it, then send"), _("Esc back, nothing is sent"))

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        name = event.option_id or ""
        texts = self._texts.get(name)
        text = _both(texts) if texts else ""

        def written(said: str | None) -> None:
            if said is not None:
                # A text as it stands is sent by its name: everybody reads it in their language.
                self.dismiss(name if texts and said == text else said)

        self.app.push_screen(self._letter(text), written)

    def _letter(self, text: str) -> WritePage:
        number = self._page.row.number
        command = f"!{'tell' if self._to_author else 'reply'} {number} …"
        return WritePage(
            lambda: Request(
                self.heading(),
                [
                    _(
                        "The bot sends what stands below, in private and encrypted, without your "
                        "name. Change what you like: nothing else is sent."
                    ),
                    *([_("As it stands they read it in their own language.")] if text else []),
                    _("The same as {command} in the moderators' room.").format(command=command),
                ],
                hint=_("What should they hear?"),
            ),
            text=text,
            one_line=True,
        )


def note_page(number: int) -> WritePage:
    """A note for the other moderators."""
    return WritePage(
        lambda: Request(
            _("A note for the other moderators"),
            [
                _("It stands in the case for every moderator to read, with your name."),
                _("The same as {command} in the moderators' room.").format(
                    command=f"!note {number} …"
                ),
            ],
            hint=_("What should the others know?"),
        ),
        one_line=True,
    )


def opinion_page(agrees: bool) -> WritePage:
    """A second opinion."""
    heading = _("I would do the same") if agrees else _("I see it differently")
    return WritePage(
        lambda: Request(
            heading,
            [_("It stands in the case for every moderator to read, with your name.")],
            hint=_("Why? You can leave this empty."),
        ),
        may_be_empty=True,
        one_line=True,
    )


def _tongue() -> Language:
    return "ja" if language() == "ja" else "en"


def _both(texts: Text) -> str:
    """In both languages, the moderator's own first: nobody knows which one the other reads."""
    own = _tongue()
    other: Language = "en" if own == "ja" else "ja"
    return " / ".join(" ".join(texts[tongue].split()) for tongue in (own, other))
