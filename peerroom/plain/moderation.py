"""What has to do with moderators in the linear mode, on both sides."""

from __future__ import annotations

from peerroom.client.session import Client
from peerroom.clock import Clock
from peerroom.plain.casework import CaseLines
from peerroom.plain.commands import AT_THE_DESK, Command, help_lines
from peerroom.plain.private import Private
from peerroom.plain.voice import Voice


class Moderation:
    """Does what `peerroom.plain.commands.MODERATION` lists."""

    def __init__(self, client: Client, voice: Voice, clock: Clock) -> None:
        self._client = client
        self._private = Private(client, voice, clock)
        self._cases = CaseLines(client, voice)

    async def obey(self, room_id: str | None, command: Command) -> None:
        """Do what the command says, in the room where one is. A moderator's command waits for the
        bot's answer; what cannot be done is said."""
        if command.word in AT_THE_DESK:
            await self._cases.obey(room_id, command)
        else:
            self._private.obey(room_id, command)

    def help(self) -> list[str]:
        """All commands; those of the desk only for who sits at one."""
        return help_lines(moderates=bool(self._client.casework()))
