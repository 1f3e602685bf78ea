"""A moderator of the demo: commands to the bot, and the cases that come of what happens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from peerroom.client.casework_views import Answer, CasePage
from peerroom.demo.errors import StepFailed
from peerroom.demo.member import Member
from peerroom.demo.waiting import until
from peerroom.i18n import _
from peerroom.moderation.findings import REASONS, Reason

if TYPE_CHECKING:
    from peerroom.client.casework import Casework


class Desk:
    """Where a moderator sits: the same `Casework` as in the program."""

    def __init__(self, member: Member, work: Casework) -> None:
        self.member = member
        self.work = work
        self._last = 0

    @classmethod
    async def of(cls, member: Member) -> Desk:
        """The desk of somebody who came in as a moderator. Raises `StepFailed`."""
        [work] = await until(
            member.client,
            member.client.casework,
            _("The moderator did not get into the moderators' room."),
        )
        return cls(member, work)

    async def order(self, command: str) -> None:
        """Give a command that is carried out without a question. Raises `StepFailed`."""
        heard(await self.work.command(command))

    async def next_case(self, reason: Reason) -> CasePage:
        """The case after the last one, once it is there with its messages. Raises `StepFailed` if
        it does not come, or is about something else."""
        [page] = await self.next_cases(reason)
        return page

    async def next_cases(self, *reasons: Reason) -> list[CasePage]:
        """The same of several that come at once, in any order."""
        pages = []
        for number in range(self._last + 1, self._last + 1 + len(reasons)):
            whole = partial(self._whole, number)
            pages.append(await until(self.member.client, whole, _("No case was opened.")))
        titles = [page.row.title for page in pages]
        if not all(any(_(REASONS[one]) in title for title in titles) for one in reasons):
            raise StepFailed(reason=_("The case is about something else."))
        self._last += len(reasons)
        return pages

    def _whole(self, number: int) -> CasePage | None:
        page = self.work.page(number)
        return None if page is None or page.evidence.gone else page

    def messages(self, number: int) -> list[str]:
        """The messages that a case is about, uncovered as a moderator does it."""
        self.work.uncover(number)
        page = self.work.page(number)
        assert page is not None, "it was shown before"
        return [line.text for line in page.evidence.lines if line.about]


def heard(answer: Answer) -> str:
    """What the bot said to a command that was carried out. Raises `StepFailed`."""
    if answer.kind not in ("done", "said"):
        raise StepFailed(reason=answer.text)
    return answer.text
