"""Policy lists: rules as other programs write and read them, and who falls under them."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.watching import BOT, MODERATOR, comes, room, verbs, watched

from peerroom.moderation.policies import Policies
from peerroom.moderation.protections.policy import POLICY, Policy, server_acl, sweep
from peerroom.wire import policy
from peerroom.wire.policy import Rule

SPECIFIED = {
    "type": "object",
    "required": ["entity", "recommendation", "reason"],
    "properties": {
        "entity": {"type": "string"},
        "recommendation": {"type": "string"},
        "reason": {"type": "string"},
    },
}
"""Content of ``m.policy.rule.user``, ``.room`` and ``.server`` (client-server API v1.16,
"Moderation policy lists")."""
HASHED = {
    "type": "object",
    "required": ["org.matrix.msc4205.hashes", "recommendation", "reason"],
    "not": {"required": ["entity"]},
    "properties": {
        "org.matrix.msc4205.hashes": {
            "type": "object",
            "required": ["sha256"],
            "properties": {"sha256": {"type": "string", "minLength": 44, "maxLength": 44}},
        },
    },
}
"""The same with a hashed entity (MSC4205, with its unstable prefix)."""


def rule(entity: str, kind: policy.Kind = "user") -> Rule:
    return Rule(kind, entity, "ban", entity=entity)


# shapes


@pytest.mark.parametrize("entity", ["@spam:evil.example", "*.evil.example", "!room:evil.example"])
def test_what_we_write_is_what_the_specification_asks_for(entity: str) -> None:
    content = policy.content(entity, "spam")

    jsonschema.validate(content, SPECIFIED)
    assert content["recommendation"] == "m.ban"


def test_a_hashed_rule_names_nobody_and_is_read_back() -> None:
    content = policy.content("@spam:evil.example", "spam", hashed=True)

    jsonschema.validate(content, HASHED)
    assert "evil" not in str(content)
    read = policy.read("m.policy.rule.user", "key", content)
    assert read is not None
    assert Policies([read]).of_user("@spam:evil.example") == read
    assert Policies([read]).of_user("@spam2:evil.example") is None


def test_a_pattern_cannot_be_hashed() -> None:
    with pytest.raises(ValueError, match="pattern"):
        policy.content("*:evil.example", "spam", hashed=True)


def test_a_rules_key_is_the_one_that_other_programs_use() -> None:
    expected = base64.b64encode(hashlib.sha256(b"@spam:evil.examplem.ban").digest()).decode()

    assert policy.state_key_of("@spam:evil.example") == expected


@pytest.mark.parametrize("event_type", list(policy.TYPES))
@pytest.mark.parametrize("said", list(policy.RECOMMENDATIONS))
def test_what_other_programs_write_is_read(event_type: str, said: str) -> None:
    content = {"entity": "@spam:evil.example", "recommendation": said, "reason": "spam"}

    read = policy.read(event_type, "rule:@spam:evil.example", content)

    assert read is not None
    assert read.kind == policy.TYPES[event_type]


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("padding", ["=", ""])
@pytest.mark.parametrize("field", ["hashes", "org.matrix.msc4205.hashes"])
def test_a_hash_is_read_in_every_way_it_is_written(encode: Any, padding: str, field: str) -> None:
    digest = encode(hashlib.sha256(b"@bad1:x.org").digest()).decode().rstrip("=") + padding
    content = {field: {"sha256": digest}, "recommendation": "m.takedown", "reason": ""}

    read = policy.read("m.policy.rule.user", "k", content)

    assert read is not None
    assert Policies([read]).of_user("@bad1:x.org") == read


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"entity": "@a:b"},
        {"entity": "@a:b", "recommendation": "m.allow"},
        {"entity": 7, "recommendation": "m.ban"},
        {"entity": "", "recommendation": "m.ban"},
        {"entity": "@" + "a" * 300, "recommendation": "m.ban"},
        {"hashes": {"sha256": "short"}, "recommendation": "m.ban"},
        {"hashes": "x", "recommendation": ["m.ban"]},
        {"entity": "@a:b", "recommendation": {"m.ban": 1}},
        [],
        None,
    ],
)
def test_a_rule_that_was_taken_back_or_is_none_says_nothing(content: object) -> None:
    assert policy.read("m.policy.rule.user", "k", content) is None


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["entity", "recommendation", "reason", "hashes", "sha256", "x"]), inner
        )
    ),
    max_leaves=8,
)


@given(st.sampled_from([*policy.TYPES, "m.room.member"]), json, json)
def test_nothing_in_a_list_breaks_the_reader(event_type: str, key: object, content: object) -> None:
    read = policy.read(event_type, key, content)

    assert read is None or (read.entity is None) != (read.digest is None)


# matching


@pytest.mark.parametrize(
    ("entity", "hit", "miss"),
    [
        ("@spam:evil.example", "@spam:evil.example", "@Spam:evil.example"),
        ("@spam*:evil.example", "@spam123:evil.example", "@spa:evil.example"),
        ("*:evil.example", "@any:evil.example", "@any:evil.example.org"),
        ("@a?c:x.org", "@abc:x.org", "@ac:x.org"),
        ("@a.c:x.org", "@a.c:x.org", "@abc:x.org"),
        ("@*(bot)+*:x.org", "@my(bot)+1:x.org", "@mybott1:x.org"),
        ("*", "@anybody:anywhere.org", ""),
        ("@改*:x.org", "@改行\nも:x.org", "@改行も:y.org"),
    ],
)
def test_a_rule_hits_what_it_says_and_nothing_else(entity: str, hit: str, miss: str) -> None:
    policies = Policies([rule(entity)])

    assert policies.of_user(hit) is not None
    if miss:
        assert policies.of_user(miss) is None


def test_whoever_is_of_a_listed_server_is_listed() -> None:
    policies = Policies([rule("*.evil.example", "server")])

    assert policies.of_user("@a:sub.evil.example") is not None
    assert policies.of_server("sub.evil.example") is not None
    assert policies.of_user("@a:good.example") is None
    assert policies.of_room("!sub.evil.example") is None


entities = st.text("ab*?:.", min_size=1, max_size=8)


@given(st.lists(entities, max_size=12), st.text("ab:.", max_size=8))
def test_many_rules_find_what_each_alone_would(globs: list[str], entity: str) -> None:
    alone = any(fnmatch.fnmatchcase(entity, glob) for glob in globs)

    assert (Policies([rule(glob, "room") for glob in globs]).of_room(entity) is not None) == alone


def test_an_empty_list_says_nothing_of_anybody() -> None:
    assert Policies().of_user("@anybody:anywhere.org") is None
    assert len(Policies()) == 0


# what is done


def test_who_is_listed_is_kept_out_when_they_come() -> None:
    where = room(policies=Policies([rule("@spam*:*")]))

    assert verbs(watched(POLICY, [comes("@spam1:evil.example")], where)) == ["ban"]
    assert watched(POLICY, [comes("@parent:good.example")], where) == []
    assert watched(POLICY, [comes("@spam1:evil.example", was="join")], where) == []


def test_a_rule_that_hits_ourselves_keeps_nobody_out() -> None:
    where = room(policies=Policies([rule("*:example.org")]))

    assert verbs(watched(POLICY, [comes("@parent:example.org")], where)) == ["flag"]


def test_moderators_are_never_kept_out() -> None:
    where = room(policies=Policies([rule(MODERATOR)]))

    assert watched(POLICY, [comes(MODERATOR)], where) == []
    assert sweep(Policy(), where.policies, [MODERATOR, BOT], where).clear == ()


def test_a_new_rule_removes_one_who_is_here_and_asks_before_more() -> None:
    here = [BOT, MODERATOR, "@spam1:evil.example", "@p1:good.example", "@p2:good.example"]
    one, many = rule("@spam1:evil.example"), rule("*:good.example")
    policies = Policies([one, many])

    swept = sweep(Policy(), policies, here, room(policies=policies))

    assert swept.clear == (("@spam1:evil.example", one),)
    assert swept.asks == ((many, 2),)


def test_our_own_server_is_never_denied() -> None:
    policies = Policies(
        [rule("*", "server"), rule("example.org", "server"), rule("*.evil.example", "server")]
    )

    acl = server_acl(policies, "example.org")

    assert acl == {"allow": ["*"], "deny": ["*.evil.example"], "allow_ip_literals": False}


def test_an_access_list_fits_into_an_event() -> None:
    policies = Policies([rule(f"server{number}.example", "server") for number in range(9_000)])

    denied = server_acl(policies, "example.org")["deny"]

    assert 1_000 < len(denied) < 9_000
    assert sum(len(name) + 4 for name in denied) < 64 * 1024
