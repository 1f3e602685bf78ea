"""Words after which a human should look: someone may not want to live, or may hurt somebody.

A flag to moderators and nothing else: nothing here removes, holds or slows. Few and strong phrases.
A quotation or a "not" makes no difference: whoever reads it decides. It is an offer to look, never
detection: most people in danger use none of these words.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

from msgspec import Meta

from peerroom.i18n import N_
from peerroom.moderation.findings import Finding
from peerroom.moderation.patterns import Patterns
from peerroom.moderation.protection import Judge, Protection, Room, Settings
from peerroom.moderation.protections.words import Entry, WordList
from peerroom.moderation.reading import kana, read
from peerroom.moderation.seen import Seen
from peerroom.text.foreign import ForeignText


class Risk(Settings, frozen=True):
    """``more``: the room's own words beside the built-in phrases."""

    more: Annotated[
        tuple[Entry, ...], Meta(max_length=500, description=N_("more words to tell moderators of"))
    ] = ()


def arm(settings: Risk) -> Judge:
    """Raises `BadEntry` for a word of ``more`` that cannot be read."""
    phrases, more = Patterns((cue, kana(text)) for cue, text in _PHRASES), WordList(settings.more)

    def judge(seen: Seen, room: Room) -> Iterator[Finding]:
        if seen.kind not in _WRITTEN or (text := read(seen)) is None:
            return
        own = tuple(ForeignText(entry).line(_SHOWN) for entry in more.found(text))
        if cues := (*phrases.found(text.folded), *own):
            yield Finding(
                RISK.name, "flag", "risk", seen.room_id, seen.sender, (seen.event_id,), cues
            )

    return judge


LIFE: Final = N_("not wanting to live")
OTHERS: Final = N_("hurting someone")
_PHRASES: Final = (
    (LIFE, r"(?:死|し|タヒ|氏|4)に(?:たい|たく(?:な[るっ]|て|も)|たかった|たがっ)"),
    (
        LIFE,
        r"死ん(?:でしま|じゃ)(?:いたい|おう|えば|えたら)|死んだ(?:方|ほう)が(?:まし|マシ|いい|楽|"
        r"良い)",
    ),
    (
        LIFE,
        r"(?:消え|いなくなり|居なくなり)(?:てしま[いえ])?(?:てなくなり)?たい|消えて(?:なくなり|"
        r"無くなり|しまい)たい",
    ),
    (
        LIFE,
        r"生き(?:て|るの)(?:い(?:たくな|る意味|るのが(?:つら|辛|苦し))|が(?:つら|辛|嫌|いや)|"
        r"に疲れ)|生きてい?(?:く|る)?のが?(?:に)?(?:疲れ|限界|つらい|辛い)|生きてたくな|"
        r"生きる(?:意味|の)が?(?:に)?(?:ない|疲れ|つらい|辛い|わからな|分からな)",
    ),
    (
        LIFE,
        r"自殺(?:し(?:たい|よう|ます|てしま)|を?(?:考え|図|ほのめか)|未遂)|命を(?:絶|断)|自ら命|"
        r"首を?(?:吊|つ)(?:り|ろ|っ|る)|飛び降り(?:たい|よう|て(?:しま|楽))|遺書|練炭|大量服薬|"
        r"薬を(?:全部|大量に|たくさん)(?:飲|の)",
    ),
    (LIFE, r"リストカット|リスカ|自傷|手首を?切|腕を?切って"),
    (LIFE, r"終わりに(?:したい|しよう)|楽になりたい|この世から|もう(?:全部|すべて|全て)終わらせ"),
    (
        LIFE,
        r"\b(?:want|wants|wanted|wanting|wanna|going|gonna|ready|rather|wish(?:ed)? to|trying|"
        r"tried|plan(?:ning|s)?) (?:to )?(?:just )?(?:die|be dead)\b|\bwish(?:es|ed)? (?:i|he|she|"
        r"they)(?: was| were|'d|'s)? (?:dead|died|never (?:been )?born)\b",
    ),
    (
        LIFE,
        r"\b(?:kill(?:ing|ed|s)?|hang(?:ing)?|hurt(?:ing|s)?|harm(?:ing|s)?|cut(?:ting|"
        r"s)?) (?:my ?self|him ?self|her ?self|them ?sel(?:f|ves))\b|\bkms\b|\bself[- ]?harm",
    ),
    (
        LIFE,
        r"\b(?:end|ending|ended|take|taking|took) (?:my|his|her|their)(?: own)? li(?:fe|ves)\b|"
        r"\bend(?:ing)? it all\b|\bsuicid(?:e (?:note|plan|attempt)|al)\b|\battempted suicide\b|"
        r"\b(?:took|taken|take) an overdose\b|\boverdos(?:e|ed|ing)\b",
    ),
    (
        LIFE,
        r"\b(?:wants?|wanted|wish(?:es)? (?:i|he|she|they) could) (?:to )?(?:just )?disappear\b",
    ),
    (
        LIFE,
        r"\bbetter off (?:dead|without me)\b|\bno (?:reason|point) (?:to|in) liv(?:e|ing)\b|"
        r"\b(?:don'?t|doesn'?t|didn'?t|not) want(?:s|ing)? to (?:be alive|be here any ?more|live|"
        r"wake up|exist)\b|\b(?:can'?t|cannot) go on (?:living|any ?more|like this any)|"
        r"\bunalive\b",
    ),
    (
        OTHERS,
        r"(?:一緒に|道連れに|無理)(?:し|死)(?:の|ん|のう)|一家?心中|無理心中|心中(?:し|を考)|"
        r"殺し(?:てしま|たい|そう)|(?:子|娘|息子)[^。\n]{0,8}(?:首を?絞|殺)|手を?かけ(?:てしま|"
        r"そう)",
    ),
    (
        OTHERS,
        r"\b(?:kill|hurt|strangle|smother) (?:him|her|them|my (?:son|daughter|kid|kids|child|"
        r"children|baby))\b|\btake (?:him|her|them|the kids) with me\b",
    ),
)  # fmt: skip
"""What `Reading.folded` is searched for; katakana here is folded too."""

_WRITTEN: Final = frozenset({"text", "media", "edit"})
_SHOWN: Final = 40
RISK = Protection("risk", N_("Tells moderators when someone may not be well."), Risk, arm)
