"""Write ``docs/moderation-figures.md``: what the protections make of ``tests/corpora``.

tools/moderation_figures.py            write the page
tools/moderation_figures.py --check    write nothing; exit code 1 if the page is not current
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "moderation-figures.md"
sys.path.insert(0, str(ROOT / "tests"))

from support.corpora import (  # noqa: E402 - the corpora and their reader belong to the tests
    FITTING,
    HALVES,
    Attack,
    Told,
    at_defaults,
    attacks,
    caught,
    day,
)

from peerroom.moderation.protections import PROTECTIONS  # noqa: E402

ABOUT = """\
# What the protections find

Made by `tools/moderation_figures.py` from two collections of messages in `tests/corpora`, written
for this by hand: a day of ordinary talk in a Japanese and an English room, and attacks. No real
person and no real conversation is in them. A test holds this page to what the protections do; all
of them stand as in a new room.

Each collection is in two halves, drawn by a digest of the text. The patterns were tuned on one
half alone, how much each cue weighs with the sums of both in view; the held-out half says more
about what is to come. It still flatters: the same hands wrote all of it.

Of {last} offers that were written last, and for which nothing was changed any more, {held} are
held: that is what to expect of new ones. People who report and moderators who read are needed.
"""
DAY = """\
## A day of ordinary talk

{total:,} messages, {held_out:,} of them held out: distress, anger, swearing at schools, prices of
free schools, links, numbers, short bursts.
"""
HELD = """
Held by mistake or by design: {held} of {total:,} ({share:.2%}). They are links and pictures of
people who had come minutes before; a moderator lets them through.
"""
BY = """
*By* counts every protection that did it; several may catch one attack. An attack is caught if what
has to happen happened at any of its messages.
"""
DISGUISES = """\
## Disguises

Offers, contact details and links of above once more, written so that lists miss them.
"""
BOUNDS = """\
## What this does not say

- A new kind of offer, in words nobody here thought of, is often missed.
- Words written as pictures, in a voice message or in another language are not read.
- Risk words are few and strong on purpose. Most people who are not well use none of them.
"""

NAMES = {
    "scam": "offers that harm people",
    "dox": "contact details of somebody",
    "link": "links from newcomers",
    "media": "pictures from newcomers",
    "raid": "many coming at once",
    "repeat": "the same text again and again",
    "mention": "many people called at once",
    "imitate": "a name like a moderator's",
    "title": "a name with a moderator's word",
    "flood": "one person without end",
}


def page() -> str:
    """The whole page."""
    last = [
        caught(at_defaults(), attack) for attack in attacks() if attack.name.startswith("last-")
    ]
    about = ABOUT.format(last=len(last), held=sum(map(bool, last)))
    return "\n".join([about, *_ordinary(), *_attacks(), *_disguises(), "", BOUNDS])


def _ordinary() -> Iterator[str]:
    told = {name: day([protection]) for name, protection in PROTECTIONS.items()}
    everything = day(PROTECTIONS.values())
    total = sum(everything[half].messages for half in HALVES)
    held = sum(everything[half].verbs["hold"] for half in HALVES)
    yield DAY.format(total=total, held_out=everything["held out"].messages)
    yield "| protection | in a new room | removed | held | slowed | told only | of these held out |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, protection in PROTECTIONS.items():
        yield _row(name, protection.mode, told[name].values())
    yield _row("**all**", "", everything.values())
    yield HELD.format(held=held, total=total, share=held / total)


def _row(name: str, mode: str, halves: Iterable[Told]) -> str:
    tuned, held_out = halves
    verbs = tuned.verbs + held_out.verbs
    slowed = sum(verbs[verb] for verb in ("slow", "mute", "lock"))
    cells = [verbs["remove"], verbs["hold"], slowed, verbs["flag"], held_out.verbs.total()]
    return f"| {name} | {mode} | " + " | ".join(map(str, cells)) + " |"


def _attacks() -> Iterator[str]:
    found = {attack: caught(at_defaults(), attack) for attack in attacks()}
    yield "## Attacks"
    yield ""
    yield "| attack | what has to happen | caught | tuned on | held out | by |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for kind, verbs in FITTING.items():
        these = {attack: by for attack, by in found.items() if attack.kind == kind}
        who = Counter(name for by in these.values() for name in by)
        named = ", ".join(f"{name} {count}" for name, count in who.most_common())
        yield f"| {NAMES[kind]} | {' or '.join(sorted(verbs))} | {_shares(these)} | {named} |"
    yield f"| **all** |  | {_shares(found)} |  |"
    yield BY


def _shares(found: dict[Attack, tuple[str, ...]]) -> str:
    every = [list(found)] + [[a for a in found if a.half == half] for half in HALVES]
    return " | ".join(_share([found[attack] for attack in part]) for part in every)


def _share(caught_by: Sequence[tuple[str, ...]]) -> str:
    if not caught_by:
        return "–"
    times = sum(map(bool, caught_by))
    return f"{times} of {len(caught_by)} ({times / len(caught_by):.0%})"


def _disguises() -> Iterator[str]:
    found = {a: caught(at_defaults(), a) for a in attacks() if a.evasion and "+" in a.name}
    yield DISGUISES
    yield "| disguise | caught | tuned on | held out |"
    yield "| --- | --- | --- | --- |"
    for disguise in sorted({attack.evasion for attack in found}):
        these = {attack: by for attack, by in found.items() if attack.evasion == disguise}
        yield f"| {disguise} | {_shares(these)} |"


def main() -> int:
    """Write the page, or compare."""
    new = page()
    if "--check" in sys.argv[1:]:
        current = PAGE.exists() and PAGE.read_text(encoding="utf-8") == new
        if not current:
            print(f"{PAGE.name} is not current: run tools/moderation_figures.py", file=sys.stderr)
        return 0 if current else 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
