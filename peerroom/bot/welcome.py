"""What a newcomer reads first: a greeting and the rules, in the language they came with."""

from __future__ import annotations

from typing import Final

from peerroom.care.rules import ten_rules
from peerroom.i18n import LANGUAGES

_GREETING: Final = {
    "en": (
        "Welcome. You are among people who know this kind of night.\n"
        "Nobody here needs to know who you are. These are the rules we keep:"
    ),
    "ja": (
        "ようこそ。ここにいるのは、同じような夜を知っている人たちです。\n"
        "あなたがだれかは、だれにも伝えなくて大丈夫です。みんなで守っている約束です。"
    ),
}
_CLOSING: Final = {
    "en": "If you need a voice now, press F1 on any screen, or type /help-now.",
    "ja": "いま声が聞きたいときは、どの画面でも F1 キー、または /help-now と入力してください。",
}


def welcomes() -> dict[str, str]:
    """The message that follows an admission, by language."""
    return {language: _in(language) for language in LANGUAGES}


def _in(language: str) -> str:
    rules = "\n".join(f"{rule.number}. {rule.text}" for rule in ten_rules(language))
    return f"{_GREETING[language]}\n\n{rules}\n\n{_CLOSING[language]}"
