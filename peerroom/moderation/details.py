"""What leads to a person outside the room: numbers, addresses, handles, a school with a class.

False-positive traps: "たくさん" is no name with an honorific, "最中" and "背中" no school. One
counts only in full, and with a class or somebody's name beside it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Final

import re2

from peerroom.i18n import N_
from peerroom.moderation.patterns import Patterns, quiet
from peerroom.moderation.phones import LIKELY, SHORT, is_known, is_nobodys, phones
from peerroom.moderation.reading import Reading, kana

PUBLIC: Final = (
    "go.jp", "lg.jp", "ed.jp", "ac.jp", "nhk.or.jp", "gov", "edu", "gov.uk", "nhs.uk", "ac.uk",
    "wikipedia.org",
)  # fmt: skip
"""Ends of the names of hosts that belong to public bodies, universities and the like."""

PHONE: Final = N_("phone number")
EMAIL: Final = N_("e-mail address")
ADDRESS: Final = N_("street address")
HANDLE: Final = N_("name on another service")
CLASS: Final = N_("school and class")
PERSON: Final = N_("person and school")
ACCOUNT: Final = N_("bank account")
LINK: Final = N_("link")


def details(text: Reading, known: Container[str] = (), *, services: bool = False) -> Iterator[str]:
    """Cues for what is in a text, each once.

    ``known`` are digits of numbers that are public; ``services``: numbers that are free to call
    count as well, which nobody has at home.
    """
    for cue in _HINTS.found(f"{text.shown}\n{text.folded}"):
        if cue == PHONE:
            public_one = is_known if services else is_nobodys
            if any(not public_one(number, known) for number in phones(text.plain)):
                yield cue
        elif cue == EMAIL:
            if any(not public(match.group(1) or "") for match in _EMAIL.finditer(text.folded)):
                yield cue
        elif cue == CLASS:
            if any(map(_own_name, _schools(_CLASS, text.shown))):
                yield cue
        elif cue == PERSON:
            if any(map(_names_someone, text.shown.split("\n"))):
                yield cue
        else:
            yield cue


def links(text: Reading, allowed: Iterable[str] = ()) -> bool:
    """Whether there is a link to a host that is neither public nor ``allowed``."""
    ends = (*PUBLIC, *allowed)
    return any(
        not public(match.group(1) or match.group(2) or match.group(3) or "", ends)
        for match in _LINK.finditer(text.folded)
    )


def public(host: str, ends: Iterable[str] = PUBLIC) -> bool:
    """Whether a host is one of those, or inside one."""
    return any(host == end or host.endswith(f".{end}") for end in ends)


def _schools(pattern: re2._Regexp, shown: str) -> Iterator[str]:
    for match in pattern.finditer(shown):
        yield next((name for group in range(1, 5) if (name := match.group(group))), "")


def _own_name(name: str) -> bool:
    """Whether it is a school's own name, not "our local" or 近所の."""
    words = name.split()
    while words and words[-1].casefold() in _LEVELS:
        words.pop()
    return bool(words) and words[-1].casefold() not in _GENERIC and not name.endswith(_ENDINGS)


def _names_someone(line: str) -> bool:
    if not any(map(_own_name, _schools(_SCHOOL, line))):
        return False
    return any(
        match.group(1) is None or not match.group(1).startswith(_ROLES)
        for match in _SOMEONE.finditer(line)
    )


_HOST: Final = r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+"
_TLD: Final = "com|net|org|jp|io|ly|gg|info|biz|xyz|uk|de|fr|tv|co|me|ee|to|cc|app|dev|site|online"
_SPELT_DOT: Final = r"\s?(?:[\[({]\s?(?:\.|dot|ドット)\s?[\])}]|\sdot\s|ドット)\s?"
_SPELT_AT: Final = r"\s?(?:[\[({<]\s?(?:at|アット|@|★|☆)\s?[\])}>]|アットマーク|アット|★|☆)\s?"
_LINK: Final = re2.compile(
    r"(?:h(?:tt|xx)ps?\s?:\s?/\s?/\s?|www\.)([^\s/:?#、。「」()<>]{1,253})"
    rf"|\b({_HOST}(?:com|net|org|jp|io|ly|gg|info|biz|xyz|uk))\b"
    rf"|\b({_HOST}(?:{_TLD}))/\S"
    rf"|\b[a-z0-9-]{{2,63}}(?:{_SPELT_DOT}|\s?\.\s?)(?:com|net|org|jp|io|info|xyz)\b",
    quiet(),
)
_EMAILS: Final = (
    rf"[a-z0-9._%+-]{{1,64}}\s?@\s?({_HOST}[a-z]{{2,24}})",
    rf"[a-z0-9._%+-]{{2,64}}(?:{_SPELT_AT}|\s?@\s?|\sat\s)[a-z0-9-]{{2,63}}{_SPELT_DOT}"
    r"(?:com|net|org|jp|co|ne|uk)\b",
    rf"[a-z0-9._%+-]{{2,64}}{_SPELT_AT}{_HOST}(?:com|net|org|jp|uk)\b",
)
_EMAIL: Final = re2.compile("|".join(_EMAILS), quiet())

# Services where a name leads to a person. Written as `Reading.folded` has them.
_SERVICE: Final = kana(
    r"(?:\b(?:line|kakao(?:talk)?|insta(?:gram)?|ig|telegram|whatsapp|wechat|signal|discord|skype|"
    r"snap(?:chat)?|viber|twitter|tiktok|facebook|messenger)"
    r"|(?:^|[^んど])(?:ライン|カカオ(?:トーク)?|インスタ(?:グラム)?|テレグラム|ワッツアップ|"
    r"シグナル|"
    r"ディスコ(?:ード)?|スカイプ|ツイッター))"
)
_ID: Final = r"\s?の?\s?(?:id|あいでいー|handle|user\s?name|tag)"
_ACCOUNT: Final = kana(r"(?:\s?の?\s?(?:アカウント|垢|account))?")
_MARK: Final = r"\s?[:=@→⇒「『(\[<\-]{1,3}\s?@?"
_HANDLE: Final = r"[a-z0-9][a-z0-9._-]{3,30}"
_ODD_HANDLE: Final = r"[a-z][a-z._-]{1,24}[0-9_][a-z0-9._-]{1,24}"
_HANDLES: Final = (
    rf"{_SERVICE}{_ID}(?:\s?(?:is|は|が|,))?(?:{_MARK}|\s?){_HANDLE}",
    rf"{_SERVICE}{_ACCOUNT}\s?(?:is|は|が|で)?\s?[:→⇒=]?\s?@{_HANDLE}",
    rf"{_SERVICE}{_ACCOUNT}(?:\s?(?:is|は|が))?(?:{_MARK}|\s){_ODD_HANDLE}",
    kana(rf"(?:^|[^んど])(?:ライン|カカオ|インスタ|テレグラム)\s?[は→:⇒]?\s?{_ODD_HANDLE}"),
    rf"\bid\s?(?:検索|で検索|search)?\s?[:→⇒@]\s?@?{_HANDLE}",
    r"(?:line\.me|lin\.ee|t\.me|wa\.me|telegram\.me|discord\.gg|discord\.com/invite|"
    r"open\.kakao\.com|"
    r"m\.me|signal\.me|signal\.group)/\S",
)
_KAN: Final = r"[\p{Han}\p{Katakana}ー々ヶケノ]"
_NUM: Final = "[0-9一二三四五六七八九十]{1,4}"
_DASH: Final = r"\s?[-−ー‐–]\s?"
_ADDRESSES: Final = (
    rf"{_NUM}丁目\s?の?{_NUM}\s?(?:番|-|−|ー|の|‐|$|\s|、|。)",
    rf"(?:都|道|府|県|市|区|町|村|郡)\s?{_KAN}{{1,12}}?\s?{_NUM}{_DASH}{_NUM}{_DASH}{_NUM}",
    rf"(?:区|市|町|村)\s?{_KAN}{{1,12}}?{_NUM}番地?(?:{_NUM}|[のにでへが、。]|$|\s)",
    r"〒\s?[0-9]{3}\s?[-−ー‐]?\s?[0-9]{4}",
    r"\b[0-9]{1,5}[A-Za-z]?,? (?:[A-Z][A-Za-z'’]+ ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|"
    r"Drive|Dr|Close|Court|Ct|Crescent|Way|Terrace|Gardens|Place|Square|Boulevard|Blvd|Grove)\b",
    r"(?i)\b(?:lives? (?:at|on|in)|living at|address(?: is)?:?|house (?:is|at)|staying at) "
    r"(?:number |no\.? )?[0-9]{1,5}[a-z]?,? (?:[a-z'’]+ ){1,3}(?:street|st|avenue|ave|road|rd|"
    r"lane|ln|drive|dr|close|court|crescent|way|terrace|gardens|place|square|boulevard|grove)\b",
    r"\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}\b",
)
_ACCOUNTS: Final = (
    r"(?:口座(?:番号)?|普通|当座)[^0-9\n]{0,6}[0-9]{7}\b",
    r"(?i)\b(?:sort code|account (?:no|number)|iban)\W{0,3}(?:is )?[a-z]{0,2}[0-9][0-9 -]{5,}",
)

_NAMED_JA: Final = rf"({_KAN}{{2,12}}?|[市区町村県都府道私国公]立[ぁ-んァ-ヶー]{{2,8}})"
_FULL_JA: Final = "(?:小学校|中学校|高校|高等学校|学園)"
_CLASS_JA: Final = (
    r"[1-6一二三四五六]\s?(?:年\s?の?\s?|[-−ー‐の])[1-9一二三四五六七八九A-Ea-e]\s?組"
)
_SCHOOL_EN: Final = (
    r"((?:[A-Z][A-Za-z'’.-]+ ){1,4})"
    r"(?:Primary|Elementary|Middle|High|Secondary|Junior|Grammar|Academy|College|School)\b"
)
_CLASS_EN: Final = r"\b(?:[Cc]lass|[Rr]oom|[Ff]orm|[Hh]omeroom) ?[0-9]{1,3} ?[A-Za-z]?\b"
_CLASSES: Final = (
    rf"{_NAMED_JA}(?:{_FULL_JA}|小|中|高)[^\n]{{0,8}}?{_CLASS_JA}",
    rf"(?:^|[\s、。「はがもに])([ぁ-ん]{{2,6}}){_FULL_JA}[の\s、]?{_CLASS_JA}",
    rf"{_SCHOOL_EN}[^\n]{{0,30}}?{_CLASS_EN}",
    rf"{_CLASS_EN}[^\n]{{0,12}}? (?:at|in|of) {_SCHOOL_EN}",
)
_CLASS: Final = re2.compile("|".join(_CLASSES), quiet())
_SCHOOLS: Final = (f"{_NAMED_JA}{_FULL_JA}", _SCHOOL_EN, "(x^)", "(x^)")
_SCHOOL: Final = re2.compile("|".join(_SCHOOLS), quiet())
_PEOPLE: Final = (
    r"(\p{Han}{2,5}[ぁ-んァ-ヶ]{0,3})(?:先生|さん|くん|君|ちゃん|氏)",
    r"\b(?:Mr|Mrs|Ms|Miss|Principal|Head ?[Tt]eacher|Coach)\.? [A-Z][a-z]+",
)
_SOMEONE: Final = re2.compile("|".join(_PEOPLE), quiet())
_ROLES: Final = (
    "校長", "教頭", "担任", "副担", "主任", "学年主任", "養護", "保健", "相談", "支援", "顧問",
    "専科", "主治医", "皆", "母", "父", "姉", "兄", "娘", "息子", "奥", "旦那", "患者", "生徒",
    "学生", "児童", "保護者", "店員", "先輩", "医者", "心理士", "子供", "子", "学校", "同級生",
    "友達", "看護師", "担当",
)  # fmt: skip
_GENERIC: Final = frozenset({
    "a", "an", "the", "my", "our", "your", "his", "her", "their", "its", "this", "that", "same",
    "local", "new", "old", "first", "another", "any", "every", "some", "no", "state", "public",
    "private", "catholic", "free", "sunday", "saturday", "forest", "home", "online", "night",
    "boarding", "special", "nursery", "steiner", "montessori", "alternative", "mainstream",
    "after", "before", "at", "to", "from", "in", "and", "or", "if", "when", "since", "is", "was",
    "big", "small",
})  # fmt: skip
_LEVELS: Final = frozenset({
    "primary", "elementary", "middle", "high", "secondary", "junior", "senior", "grammar",
})  # fmt: skip
_ENDINGS: Final = (
    "市立", "公立", "私立", "国立", "町立", "区立", "村立", "県立", "地元", "近所", "出身",
    "母校", "同", "別", "次", "新", "元", "某", "当", "各", "全", "毎日", "通信制", "定時制",
    "全日制", "特別支援", "転校先", "通信", "普通", "高校", "中学校", "小学校", "小中", "今",
    "昔", "前", "校区", "学区", "最寄", "不登校特例", "の", "は", "が", "も", "に", "で", "と",
    "を",
)  # fmt: skip
_HINTS: Final = Patterns(
    (cue, pattern)
    for cue, patterns in (
        (PHONE, (LIKELY, SHORT)),
        (EMAIL, _EMAILS),
        (ADDRESS, _ADDRESSES),
        (HANDLE, _HANDLES),
        (CLASS, _CLASSES),
        (
            PERSON,
            (
                f"(?:{'|'.join(_SCHOOLS[:2])})[^\n]*?(?:{'|'.join(_PEOPLE)})",
                f"(?:{'|'.join(_PEOPLE)})[^\n]*?(?:{'|'.join(_SCHOOLS[:2])})",
            ),
        ),
        (ACCOUNT, _ACCOUNTS),
    )
    for pattern in patterns
)
