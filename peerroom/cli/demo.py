"""``peerroom demo``: try everything in a room that lives only on this machine."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import click

from peerroom.i18n import LANGUAGES, N_, _, set_language

_ABOUT = N_(
    "Try PeerRoom in a room that lives only on this machine.\n\n"
    "It starts a homeserver of its own, the moderator bot and three members who are simulated and "
    "say so. Nothing leaves this machine, and nothing is left of it when you leave."
)


@click.command(
    help=_(_ABOUT),
    epilog="\b\n" + _("Examples:") + "\n  peerroom demo --lang ja\n  peerroom demo --script",
)
@click.option("--script", is_flag=True, help=_("Play every step without a screen, and prove each."))
@click.option("--json", "as_json", is_flag=True, help=_("Like --script, one JSON object a line."))
@click.option(
    "--moderator", is_flag=True, help=_("Come in as a moderator; F9 shows what waits for you.")
)
@click.option("--lang", type=click.Choice(LANGUAGES), help=_("Language; otherwise your locale's."))
def command(script: bool, as_json: bool, moderator: bool, lang: str | None) -> None:
    if lang is not None:
        set_language(lang)
    if script or as_json:
        sys.exit(asyncio.run(_script(as_json)))
    from peerroom.demo import evening
    from peerroom.demo.errors import NoScreen

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NoScreen
    sys.exit(evening.run(lambda words: click.echo(words, err=True), moderator=moderator))


async def _script(as_json: bool) -> int:
    from peerroom.clock import SystemClock
    from peerroom.demo import moderation_steps, name_steps, steps
    from peerroom.demo.rhythm import Prompt
    from peerroom.demo.script import Outcome, play
    from peerroom.demo.stage import Stage, Step

    def report(outcome: Outcome) -> None:
        if as_json:
            words = {"step": outcome.step.name, "ok": outcome.ok}
            told = words | {"seconds": round(outcome.seconds, 3)}
            click.echo(json.dumps(told | ({"problem": p} if (p := outcome.problem) else {})))
            return
        mark = "✓" if outcome.ok else "✗"
        click.echo(f"{mark} {outcome.step.shown}  {outcome.seconds:.1f} s")
        if outcome.problem:
            click.echo(f"  {outcome.problem}")

    def waiting(step: Step, seconds: float) -> None:
        click.echo(f"… {step.shown}  {seconds:.0f} s", err=True)

    with tempfile.TemporaryDirectory(prefix="peerroom-demo-") as folder:
        stage = Stage(Path(folder), SystemClock(), Prompt())
        every = (*steps.steps(), *moderation_steps.steps(), *name_steps.steps())
        return 0 if await play(stage, every, report, waiting) else 1
