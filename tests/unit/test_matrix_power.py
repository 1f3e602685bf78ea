"""Who may do what, creators of version 12 rooms included."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from peerroom.matrix.power import CREATOR, power_of

CREATE_12 = {"room_version": "12", "creator": "@bot:x", "additional_creators": ["@recovery:x"]}
LEVELS = {"users": {"@mod:x": 50}, "ban": 50, "events": {"m.room.message": 10}, "events_default": 0}
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def test_creators_outrank_every_level() -> None:
    power = power_of(CREATE_12, {"users": {"@mod:x": 2**53 - 1}})
    assert power.of("@bot:x") == power.of("@recovery:x") == CREATOR
    assert power.outranks("@bot:x", "@mod:x")
    assert not power.outranks("@bot:x", "@recovery:x")


def test_in_older_rooms_a_creator_is_what_the_levels_say() -> None:
    create = {"room_version": "11", "creator": "@old:x"}
    assert power_of(create, LEVELS).of("@old:x") == 0
    assert power_of(create, None).of("@old:x") == 100
    assert power_of({"creator": "@old:x"}, None).of("@old:x") == 100


def test_later_versions_keep_their_creators_on_top() -> None:
    assert power_of({"room_version": "13", "creator": "@a:x"}, LEVELS).of("@a:x") == CREATOR


def test_who_may_do_what() -> None:
    power = power_of(CREATE_12, LEVELS)
    assert power.may("@mod:x", "ban")
    assert not power.may("@someone:x", "redact")
    assert power.may("@someone:x", "invite")
    assert power.may_send("@mod:x", "m.room.message")
    assert not power.may_send("@someone:x", "m.room.message")
    assert power.may_send("@mod:x", "m.room.topic", state=True)
    assert not power.may_send("@someone:x", "m.room.topic", state=True)


@given(
    st.dictionaries(st.sampled_from(["room_version", "creator", "additional_creators"]), ANY_JSON),
    st.dictionaries(
        st.sampled_from(
            ["users", "users_default", "ban", "kick", "events", "state_default", "redact"]
        ),
        ANY_JSON,
    ),
)
def test_hostile_state_gives_levels_all_the_same(
    create: dict[str, object], levels: dict[str, object]
) -> None:
    power = power_of(create, levels)
    assert isinstance(power.of("@a:x"), int)
    assert isinstance(power.may("@a:x", "ban"), bool)
    assert isinstance(power.may_send("@a:x", "m.room.name", state=True), bool)
