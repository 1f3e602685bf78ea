"""The page `docs/unlinkability.md`, from the results: what was found, and what it does not say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from unlinkability.arms import OTHERS, WITHOUT
from unlinkability.experiment import EPOCHS, TRAINING, Case, Crowd, Outcome, Renewal
from unlinkability.hours import HOURS, Hours
from unlinkability.live import Live
from unlinkability.referee import Tally
from unlinkability.trails import VIEWS, View
from unlinkability.worlds import Writing

MEMBERS: Final = 20
QUIET: Final[Writing] = "nobody writes"
ALIKE: Final[Writing] = "everyone writes alike"
THEIR_WAY: Final[Writing] = "everyone writes as they do"
CROWD: Final = 0.9
HIGHEST: Final = 3.0


def written(outcome: Outcome, narrow: Renewal, live: Live | None, date: str) -> str:
    """The whole page, in Markdown. ``narrow``: circles of laptops with a window of a day; ``live``:
    what came of a real server, if one was asked."""
    book = _Book(outcome)
    return "\n".join(
        (
            _HEAD.format(date=date, found=_FOUND if book.nothing_found else _FOUND_SOMETHING),
            *book.promise(),
            _CARRIES,
            *book.carrying(),
            book.small_leak(),
            _AVAILABLE,
            *book.available(),
            _row("laptops, window of 24 hours", *_shares(narrow)),
            _COMPARED,
            *book.compared(),
            _WRITING,
            *book.writing(),
            _SIZES,
            *book.sizes(),
            *_on_a_server(live),
            _METHOD.format(epochs=EPOCHS, training=TRAINING),
        )
    )


class _Book:
    """Tables."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    @property
    def nothing_found(self) -> bool:
        """Whether nobody did better than guessing where all agents are always on."""
        return all(_holds(self._peerroom("always on", view)) for view in VIEWS)

    def promise(self) -> Iterator[str]:
        """What was promised, and whether it was found to be so."""
        yield from _header("what has to hold", "found", "")
        quiet = [self._peerroom("always on", view) for view in VIEWS]
        alike = [self._peerroom("always on", view, ALIKE) for view in VIEWS]
        for words, found in (
            ("Agents always on, nobody writes: all four views", quiet),
            ("Agents always on, everyone writes alike: member, bot, homeserver", alike[:3]),
            (
                "Laptops, nobody writes: member, bot, network",
                [self._peerroom("laptops", v) for v in VIEWS if v != "homeserver"],
            ),
        ):
            yield _row(words, _worst_of(found), _verdict(all(map(_holds, found))))
        for arm, least in zip(OTHERS, (0.95, 0.6), strict=True):
            shares = self._shares(arm.name)
            yield _row(
                f"{arm.words}: at least {least:.0%} linked",
                f"{min(shares):.0%} to {max(shares):.0%}",
                _verdict(min(shares) >= least),
            )
        visits = [self._of("two visits", hours, "homeserver") for hours in HOURS]
        least_share = min(tally.share for tally in visits)
        yield _row(
            "Two visits instead of one: clearly linked by the homeserver",
            f"{least_share:.0%} and more",
            _verdict(all(not tally.at_chance for tally in visits) and least_share > 0.5),
        )

    def carrying(self) -> Iterator[str]:
        """PeerRoom in circles of twenty."""
        yield from _header(
            "hours", "view", "switches", "right links a switch", "bound", "surest 5 %", "crowd", "p"
        )
        for hours in HOURS:
            for view in VIEWS:
                tally = self._peerroom(hours, view)
                yield _row(
                    f"{hours}" if view == VIEWS[0] else "",
                    view,
                    f"{tally.rotations:,}",
                    _links(tally),
                    f"{tally.bound / tally.rotations:.2f}",
                    f"{tally.precision:.0%}",
                    f"{tally.effective:.0%}",
                    f"{tally.worst:.1f}/N",
                )

    def small_leak(self) -> str:
        """What the bot learns from the hours of laptops."""
        half, all_ = self._peerroom("half always on", "bot"), self._peerroom("laptops", "bot")
        return _SMALL.format(
            half=half.a_rotation,
            half_bound=half.bound / half.rotations,
            all=all_.a_rotation,
            all_bound=all_.bound / all_.rotations,
            worst=max(half.worst, all_.worst),
        )

    def available(self) -> Iterator[str]:
        """How often names change at all."""
        yield from _header("hours", "epochs that ended with new names", "names renewed of all")
        for hours in HOURS:
            renewal = self._outcome.renewals[Crowd(MEMBERS, hours)]
            yield _row(hours, *_shares(renewal))

    def compared(self) -> Iterator[str]:
        """Shares of linked accounts, arm by arm."""
        columns: list[tuple[Hours, View]] = [
            (hours, view)
            for hours in ("always on", "laptops")
            for view in ("bot", "homeserver", "network")
        ]
        yield from _header("", *(f"{hours}: {view}" for hours, view in columns))
        rows = [(arm.words, arm.name) for arm in OTHERS]
        rows.append(("**PeerRoom**", "peerroom"))
        rows += [(f"PeerRoom, {arm.words}", arm.name) for arm in WITHOUT if arm.padding]
        for words, name in rows:
            yield _row(words, *(f"{self._of(name, *column).share:.0%}" for column in columns))

    def writing(self) -> Iterator[str]:
        """What habits of writing give away."""
        yield from _header("", *(f"{view}" for view in VIEWS))
        rows: list[tuple[str, str, Hours, Writing]] = [
            ("always on, everyone alike", "peerroom", "always on", ALIKE),
            *((f"{hours}, as they do", "peerroom", hours, THEIR_WAY) for hours in HOURS),
            ("always on, as they do, messages not padded", "no padding", "always on", THEIR_WAY),
        ]
        for words, arm, hours, how in rows:
            tallies = [self._of(arm, hours, view, how) for view in VIEWS]
            yield _row(words, *(f"{t.share:.0%} (crowd {t.effective:.0%})" for t in tallies))

    def sizes(self) -> Iterator[str]:
        """Smaller and larger circles."""
        yield from _header("", *VIEWS)
        for members in (10, 50):
            for hours in HOURS:
                tallies = [self._of("peerroom", hours, view, members=members) for view in VIEWS]
                yield _row(
                    f"{members} members, {hours}",
                    *(f"{t.a_rotation:.2f} (bound {t.bound / t.rotations:.2f})" for t in tallies),
                )

    def _peerroom(self, hours: Hours, view: View, writing: Writing = QUIET) -> Tally:
        return self._of("peerroom", hours, view, writing)

    def _shares(self, arm: str) -> list[float]:
        return [self._of(arm, hours, view).share for hours in HOURS for view in VIEWS]

    def _of(
        self,
        arm: str,
        hours: Hours,
        view: View,
        writing: Writing = QUIET,
        *,
        members: int = MEMBERS,
    ) -> Tally:
        return self._outcome.results[Crowd(members, hours), Case(arm, writing, view)]


def _on_a_server(live: Live | None) -> Iterator[str]:
    if live is None:
        return
    found, before = live.peerroom, live.at_once
    yield _LIVE.format(
        members=round(before.members),
        rotations=found.rotations,
        correct=found.correct,
        bound=found.bound,
        verdict=_AS_GUESSING if found.at_chance else _MORE,
        before=before.rotations,
        share=before.share,
        shared=_SHARED.format(places=", ".join(f"`{place}`" for place in live.shared))
        if live.shared
        else _NOT_SHARED,
    )


def _holds(tally: Tally) -> bool:
    return tally.at_chance and tally.effective >= CROWD and tally.worst <= HIGHEST


def _worst_of(found: list[Tally]) -> str:
    linked = max(found, key=lambda tally: tally.a_rotation / tally.bound * tally.rotations)
    crowd = min(tally.effective for tally in found)
    highest = max(tally.worst for tally in found)
    return (
        f"at most {linked.correct:,} right links in {linked.rotations:,} switches (bound "
        f"{linked.bound:,}), crowd {crowd:.0%}, p at most {highest:.1f}/N"
    )


def _links(tally: Tally) -> str:
    """In bold if guessing does not explain it."""
    return f"{tally.a_rotation:.2f}" if tally.at_chance else f"**{tally.a_rotation:.2f}**"


def _shares(renewal: Renewal) -> tuple[str, str]:
    return (
        f"{renewal.switches / renewal.epochs:.0%} of {renewal.epochs:,}",
        f"{renewal.renewed / renewal.seats:.0%}",
    )


def _verdict(held: bool) -> str:
    return "holds" if held else "**does not hold**"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _header(*cells: str) -> Iterator[str]:
    yield _row(*cells)
    yield _row(*("---" for _ in cells))


_FOUND: Final = """\
In short: with agents that are always on and people who say nothing, nobody finds more than guessing
does, not even the operator of the server."""
_FOUND_SOMETHING: Final = """\
In short: **even with agents that are always on somebody finds more than guessing does**; the table
says who."""
_HEAD: Final = """\
# Can old and new names be linked?

Every week each member of a circle becomes a new account with a new name. This page says how well
somebody who watches can tell who became whom. It is an experiment with invented people and the real
protocol, made on {date} by `make lab`; the same command makes it again.

{found} **With a laptop that is opened and closed, the server's
operator links most accounts**: they see when each account is connected, and the new account is made
at a moment when the old one is. **Whoever writes is linked by when and how much they write**, by
members too. Both are in the promise that PeerRoom makes, as what can still give you away.

## What was promised
"""

_CARRIES: Final = f"""
Right links are counted against guessing, which finds one in each switch whatever the size of the
circle; the bound is what guessing stays below in 99 of 100 experiments like this (Poisson). *Crowd*
is 2^H, the number of people among whom an account is hidden, as a share of those who changed
names: at least {CROWD:.0%} was asked for. *p* is the highest probability that was given to anybody
at all, as a multiple of guessing (1/N): at most {HIGHEST:.0f}/N.

## PeerRoom, twenty members, nobody writes
"""

_SMALL: Final = """
In bold what is above the bound. *Surest 5 %*: how many of those links were right of which the
adversary was surest; where a circle has N members, guessing gives 1/N.

The bot sees when a request comes from an old account and when a visit comes from a new one. A
laptop makes both while it is on, and people keep hours. That tells little, but not nothing:
{half:.2f} right links a switch where half of the agents are always on (bound {half_bound:.2f}),
{all:.2f} where all are laptops (bound {all_bound:.2f}). Nobody was given more than {worst:.1f}
times the probability that guessing gives. More switches would show so small a difference more
clearly, not make it larger."""
_AVAILABLE: Final = """
A member who watches everyone's line is in the view *network*. Alone it learns nothing from a
change of names: what is published has no order of time in it. Together with the operator of the
server it would see whose line the visits come from, Tor or not. Nothing here protects from both.

### Names change only if enough people come

A round counts if two thirds of those who asked showed their tokens in its window: 36 hours before
Sunday at five, so that the ledger comes on a Friday evening.
"""

_COMPARED: Final = """
With a window of 24 hours the ledger has to arrive between half past four and half past ten on a
Saturday morning, when three of ten laptops are on. So the window of a circle is longer by default.

## Other ways, and PeerRoom with something left out

![Correctly linked accounts, arm by arm](images/unlinkability.svg)

Share of accounts that were linked, nobody writes. Guessing finds 5 % (8 % among the twelve of
twenty laptops who come to a switch on average). The first two rows show that the adversary can
link; the rows below *PeerRoom* show what each precaution is for.
"""

_WRITING: Final = """
- *Two visits, made when asked*: an account that is made together with the request for its token is
  known by that moment.
- *Two visits at moments of their own*: the more moments there are, the fewer people were online in
  all of them.
- *Visit in answer to the ledger*: the server gives the ledger to one member after the other and
  sees who comes next. With moments that were drawn before, it learns nothing.
- *Ledgers in the order of arrival*: who watches the lines counts along.
- *Names from the account alone* are not in the table. They link nothing; they would let people try
  accounts until they got a name they wanted.

## What people do

Who writes gives more away than any protocol can take back. Here people write in their own hours, as
much and in messages as long as is their habit. The words themselves are not looked at. Linked
accounts, and the crowd that is left:
"""

_SIZES: Final = """
Padding hides the length of a single message, not that somebody usually writes long ones.

## Smaller and larger circles

Right links a switch, nobody writes:
"""

_LIVE: Final = """
## On a real server

{members} programs with vaults of their own, the bot with its signer and a Synapse ran through
{rotations} switches, forty seconds apart; all is as people use it but for the hours and for Tor.
The adversary had Synapse's database and a log of every request, learned on one half of the switches
and was tried on the other, and the other way round. Right links: {correct} in {rotations} switches
(bound {bound}), {verdict}. Of accounts that left, registered and joined at once, on the same
server, it linked {share:.0%} in {before} switches.

{shared}"""
_AS_GUESSING: Final = "which is what guessing gives"
_MORE: Final = "**more than guessing gives**"
_SHARED: Final = """\
**The database holds something that one person's two accounts share more often than two people's**,
in {places}."""
_NOT_SHARED: Final = """\
All columns of the database that name an account were also searched for words that an old and a new
account have in common and nobody else has. There are none but by chance: names are drawn from lists
of words, and two names may share one; it happens no more often to one person's two names."""

_METHOD: Final = """
## How it was done

**People.** Each has a middle of their sleep, later days off, work or none, a number and length of
sittings, a laptop that falls asleep after minutes or hours, sometimes a night awake, and a manner
of writing. The shapes follow published surveys (Fischer et al., PLoS ONE 12(6):e0178782;
Roenneberg et al., Biology 8(3):54); the numbers are ours. All live in one time zone, which is
kinder than life: people far apart are told apart by their hours.

**Hours.** *always on*: agents that never stop. *always on, lines fail*: with outages of minutes,
for some people often, for others never; how often is a habit, and the server sees it. *half always
on*: half of the members so, the others on laptops. *laptops*: about an eighth of the week online.

**Protocol.** The registrar of the bot, the wallets of the members and the signed records are the
ones that people use; server, network and laptops are simulated, and the tokens are stand-ins
without cryptography (a test plays a circle with real ones; that real tokens cannot be linked is
mathematics, see [decision 0007](decisions/0007-blind-tokens.md)). The server shows each of the two
ledgers to one member after the other, within half an hour, and remembers when.

**Views.** *member*: who joined, in which order, what is listed, when who wrote. *bot*: also when
which account asked for a token, when which one showed one, and when it was made. *homeserver*: also
every connection of every account, and how long each message is. *network*: a member who also sees
when something leaves anybody's line. Over Tor, but for the arm without.

**Adversary.** Nineteen measures for every pair of an old and a new account, among them alike hours,
being online at the visit, order, gaps, answers and amounts. How much likelier each value is for one
person than for two was learned on other circles (seeds from {training} on), and how far to believe
it beside the others on yet others. Both sides are shuffled before accounts are paired one to one by
the best assignment, so that ties tell nothing. Leaks that were planted are found; on pure chance
nothing is.

**Seeds.** Circles 0, 1, 2 … of {epochs} switches each. The numbers do not depend on the machine.

## What it does not say

- The people are invented. Real ones may be easier to tell apart, or harder.
- This adversary is ours. One who thinks of something else may find more. What stands above a bound
  is certain; what stands below it means that these nineteen measures found nothing.
- Each switch is judged alone. Who follows a habit over months knows more.
- **Style is not measured.** How somebody writes, in which language, about what and to whom is the
  strongest link there is. We had no collection of short messages by people who agreed to be
  compared, and did not want to invent one. Take it that members who read you closely know you.
- Without Tor the operator sees addresses, and links everyone.
- A crowd counts accounts. A host who fills a circle with accounts of their own is not measured.
"""
