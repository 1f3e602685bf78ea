"""What a server's admin API answers, read without trusting it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom.matrix.admin import Admin, RegistrationToken
from peerroom.matrix.errors import BadAnswer

HONEST = {"token": "t", "uses_allowed": 1, "pending": 0, "completed": 0, "expiry_time": None}


class Answers:
    """Stands in for a `Session` whose server always gives the same answer."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    async def get(self, *_path: str) -> Any:
        return self._answer


async def test_a_token_without_an_end() -> None:
    token = await Admin(Answers(HONEST)).token("t")
    assert token == RegistrationToken("t", 1, 0, 0, None)


@pytest.mark.parametrize("moment", [10**15 * 300, -(10**18), 2**63])
async def test_a_moment_outside_of_time_is_no_answer(moment: int) -> None:
    with pytest.raises(BadAnswer):
        await Admin(Answers(HONEST | {"expiry_time": moment})).token("t")


JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())


@given(st.dictionaries(st.sampled_from(sorted(HONEST)), JUNK))
async def test_any_answer_is_a_token_or_none(changes: dict[str, Any]) -> None:
    try:
        token = await Admin(Answers(HONEST | changes)).token("t")
    except BadAnswer:
        return
    assert isinstance(token, RegistrationToken)
