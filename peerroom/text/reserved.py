"""Words that only moderators and the bot may carry in their name.

Whoever else carries one is shown with a mark (`client/names`). A word too many costs an ordinary
person a mark; a word too few lets someone speak with a voice that is not theirs. So what is looked
for is what the eye takes a name for, not how it is spelt.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from peerroom.text.confusable import skeleton

ANYWHERE: Final = (
    "moderator", "moderation", "administrator", "peerroom", "official", "helpdesk", "helpline",
    "counsellor", "counselor", "therapist", "psychologist", "socialworker",
    "モデレーター", "モデレーション", "アドミン", "ボット", "ピアルーム", "スタッフ", "サポート",
    "オペレーター", "ヘルプデスク", "ホットライン", "カウンセラー", "セラピスト",
    "ソーシャルワーカー", "見守り", "みまもり", "管理", "かんりにん", "運営", "うんえい", "公式",
    "事務局", "係員", "担当者", "責任者", "世話役", "世話人", "相談員", "相談役", "窓口", "支援員",
    "心理士", "心理師",
)  # fmt: skip
"""Reserved wherever they stand, also inside another word."""

ALONE: Final = (
    "mod", "mods", "admin", "admins", "bot", "bots", "staff", "support", "host", "owner",
    "operator", "system",
)  # fmt: skip
"""Reserved as words of their own only: "mod" is also in "modest", "bot" in "bottle"."""

_HIRAGANA: Final = {ord(skeleton(chr(code))): code - 0x60 for code in range(ord("ァ"), ord("ヴ"))}
"""For each katakana as a skeleton has it, which may be a kanji of the same look."""

_NEW_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|\d+\b|\b\d+")
_LATIN: Final = re.compile(r"[a-z]+")


def is_reserved(name: str) -> bool:
    """Whether ``name`` (any text, also a stranger's) carries a word of moderators or the bot."""
    letters = _letters(name)
    return any(word in letters for word in _ANYWHERE) or not _ALONE.isdisjoint(_words(name))


def _letters(text: str) -> str:
    """What ``text`` looks like, without all that only parts letters; one kind of kana."""
    return "".join(filter(str.isalnum, skeleton(text))).translate(_HIRAGANA)


def _words(text: str) -> set[str]:
    """The Latin words of ``text`` as they look; "M o d" is one word."""
    parted = _NEW_WORD.sub(" ", unicodedata.normalize("NFKC", text))
    words = [word for part in parted.split() for word in _LATIN.findall(skeleton(part))]
    spelt = "".join(word if len(word) == 1 else " " for word in words)
    return {*words, *spelt.split()}


_ANYWHERE: Final = frozenset(map(_letters, ANYWHERE))
_ALONE: Final = frozenset(map(skeleton, ALONE))
