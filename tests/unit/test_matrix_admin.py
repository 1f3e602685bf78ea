"""What a server's admin API answers, read without trusting it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peerroom.matrix.admin import Admin, AdminAccount, RegistrationToken
from peerroom.matrix.errors import BadAnswer

HONEST = {"token": "t", "uses_allowed": 1, "pending": 0, "completed": 0, "expiry_time": None}


class Answers:
    """Stands in for a `Session` whose server always gives the same answer."""

    user_id = "@bot:x"

    def __init__(self, *answers: Any) -> None:
        self._answers = answers
        self.asked: list[dict[str, str] | None] = []

    async def get(self, *_path: str, query: dict[str, str] | None = None) -> Any:
        self.asked.append(query)
        return self._answers[min(len(self.asked), len(self._answers)) - 1]


async def test_a_token_without_an_end() -> None:
    token = await Admin(Answers(HONEST)).token("t")
    assert token == RegistrationToken("t", 1, 0, 0, None)


@pytest.mark.parametrize("moment", [10**15 * 300, -(10**18), 2**63])
async def test_a_moment_outside_of_time_is_no_answer(moment: int) -> None:
    with pytest.raises(BadAnswer):
        await Admin(Answers(HONEST | {"expiry_time": moment})).token("t")


JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(HONEST)), JUNK))
async def test_any_answer_is_a_token_or_none(changes: dict[str, Any]) -> None:
    try:
        token = await Admin(Answers(HONEST | changes)).token("t")
    except BadAnswer:
        return
    assert isinstance(token, RegistrationToken)


NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def listed(name: str, seconds_ago: int, **changes: Any) -> dict[str, Any]:
    created = int((NOW - timedelta(seconds=seconds_ago)).timestamp() * 1000)
    return {"name": name, "creation_ts": created, "deactivated": False, "admin": False} | changes


async def test_pages_are_read_until_an_account_is_too_old() -> None:
    session = Answers(
        {"users": [listed("@a:x", 0), listed("@b:x", 5)], "next_token": "2", "total": 4},
        # Someone registered meanwhile: b has moved onto this page.
        {"users": [listed("@b:x", 5), listed("@c:x", 10)], "next_token": "4", "total": 5},
        {"users": [listed("@d:x", 11), listed("@e:x", 12)], "next_token": "6", "total": 9},
    )
    found = await Admin(session).accounts_since(NOW - timedelta(seconds=10, microseconds=-1))
    assert [one.user_id for one in found] == ["@a:x", "@b:x", "@c:x"]
    assert [query and query["from"] for query in session.asked] == ["0", "2", "4"]


async def test_a_list_without_an_end_is_given_up() -> None:
    session = Answers({"users": [listed("@a:x", 0)], "next_token": "1"})
    with pytest.raises(BadAnswer):
        await Admin(session).accounts_since(NOW)


async def test_another_account_than_asked_for_is_no_answer() -> None:
    with pytest.raises(BadAnswer):
        await Admin(Answers(listed("@b:x", 0, creation_ts=1))).account("@a:x")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["name", "creation_ts", "deactivated", "admin"]), JUNK))
async def test_any_answer_is_an_account_or_none(changes: dict[str, Any]) -> None:
    admin = Admin(Answers(listed("@a:x", 0, creation_ts=1) | changes))
    try:
        account = await admin.account("@a:x")
    except BadAnswer:
        assert changes
    else:
        assert isinstance(account, AdminAccount)


@settings(deadline=None)
@given(
    st.one_of(JUNK, st.lists(st.just(listed("@a:x", 0)) | JUNK)),
    st.one_of(JUNK, st.just("1")),
)
async def test_any_list_is_accounts_or_none(users: Any, following: Any) -> None:
    admin = Admin(Answers({"users": users, "next_token": following}, {"users": []}))
    try:
        found = await admin.accounts_since(NOW)
    except BadAnswer:
        return
    assert {one.user_id for one in found} <= {"@a:x"}


@pytest.mark.parametrize(("answer", "is_one"), [({"admin": True}, True), ({"admin": 1}, False)])
async def test_only_a_plain_yes_makes_an_administrator(answer: Any, is_one: bool) -> None:
    assert await Admin(Answers(answer)).has_admin() is is_one
