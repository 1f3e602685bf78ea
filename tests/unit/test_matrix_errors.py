"""Every answer of a server becomes one typed error, whatever the answer is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerroom import i18n
from peerroom.matrix import errors
from peerroom.matrix.errors import About, MatrixError, from_response

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
UIA = {"session": "s", "flows": [{"stages": ["m.login.dummy"]}], "completed": []}


@pytest.mark.parametrize(
    ("status", "body", "about", "kind"),
    [
        (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500}, "other", errors.RateLimited),
        (429, None, "other", errors.RateLimited),
        (400, {"errcode": "M_LIMIT_EXCEEDED"}, "other", errors.RateLimited),
        (500, {"errcode": "M_UNKNOWN"}, "other", errors.ServerFault),
        (502, None, "other", errors.ServerFault),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, "other", errors.LoggedOut),
        (401, {"errcode": "M_MISSING_TOKEN"}, "other", errors.LoggedOut),
        (401, UIA, "register", errors.UserInteractiveAuthRequired),
        (401, UIA | {"errcode": "M_UNAUTHORIZED"}, "register", errors.InviteUsedUp),
        (401, UIA | {"errcode": "M_FORBIDDEN"}, "other", errors.WrongPassword),
        (403, {"errcode": "M_FORBIDDEN"}, "login", errors.WrongPassword),
        (403, {"errcode": "M_FORBIDDEN"}, "register", errors.RegistrationClosed),
        (403, {"errcode": "M_FORBIDDEN"}, "other", errors.Forbidden),
        (
            403,
            {"errcode": "M_FORBIDDEN", "error": "You are banned from this room"},
            "join",
            errors.Banned,
        ),
        (403, {"errcode": "M_FORBIDDEN", "error": "You are not invited"}, "join", errors.Forbidden),
        (403, {"errcode": "M_USER_DEACTIVATED"}, "login", errors.AccountClosed),
        (404, {"errcode": "M_NOT_FOUND"}, "other", errors.NotFound),
        (404, {"errcode": "ORG.EXAMPLE.NEW"}, "other", errors.NotFound),
        (404, None, "other", errors.BadAnswer),
        (302, None, "other", errors.BadAnswer),
        (413, None, "other", errors.TooLarge),
        (400, {"errcode": "M_USER_IN_USE"}, "register", errors.NameTaken),
        (400, {"errcode": "M_INVALID_USERNAME"}, "register", errors.BadName),
        (400, {"errcode": "M_BAD_JSON"}, "other", errors.Refused),
        (403, {"errcode": "M_RESOURCE_LIMIT_EXCEEDED"}, "other", errors.ServerFull),
    ],
)
def test_meaning(status: int, body: object, about: About, kind: type[MatrixError]) -> None:
    assert type(from_response(status, body, about=about)) is kind


@given(st.integers(300, 599), ANY_JSON, st.none() | st.text(max_size=12))
def test_any_body_gives_an_error_with_a_sentence(
    status: int, body: object, retry_after: str | None
) -> None:
    error = from_response(status, body, retry_after=retry_after)
    assert isinstance(error, MatrixError)
    assert error.sentence()


@given(
    st.sampled_from(
        ["errcode", "error", "flows", "session", "completed", "retry_after_ms", "soft_logout"]
    ),
    ANY_JSON,
)
def test_any_value_in_a_known_field_gives_an_error(field: str, value: object) -> None:
    whole = UIA | {"errcode": "M_UNKNOWN_TOKEN", field: value}
    for status in (400, 401, 429):
        assert from_response(status, whole).sentence()


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        ({"retry_after_ms": 1500}, None, 1.5),
        ({"retry_after_ms": 1500}, "7", 7.0),
        ({"retry_after_ms": "1500"}, None, None),
        ({"retry_after_ms": True}, None, None),
        ({"retry_after_ms": -5}, None, 0.0),
        ({"retry_after_ms": 10**400}, None, 86400.0),
        ({"retry_after_ms": float("nan")}, None, 86400.0),
        ({}, "Wed, 21 Oct 2026 07:28:00 GMT", None),
        (None, "٣", None),
    ],
)
def test_how_long_to_wait(body: object, header: str | None, seconds: float | None) -> None:
    error = from_response(429, body, retry_after=header)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == seconds


def test_what_the_server_said_stays_out_of_the_sentence() -> None:
    error = from_response(403, {"errcode": "M_FORBIDDEN", "error": "\x1b]0;owned\x07 call 555"})
    assert "555" not in error.sentence() + str(error) + repr(error)
    assert error.server_text is not None
    assert error.server_text.raw().endswith("call 555")


def test_every_error_is_said_in_japanese_too() -> None:
    i18n.set_language("ja")
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, MatrixError)
    ]
    said = {kind: (i18n._(kind.what), i18n._(kind.next_step)) for kind in kinds}
    untranslated = [
        kind.__name__ for kind, both in said.items() if kind.what in both or kind.next_step in both
    ]
    assert untranslated in ([], ["MatrixError"])


def test_a_program_that_ends_does_not_say_that_it_keeps_trying() -> None:
    for kind in (errors.ServerUnreachable, errors.ServerRefused, errors.ServerSilent):
        assert "keeps trying" in kind().sentence()
        assert "try again" in kind().sentence(alone=True)
    assert "Start the proxy" in errors.ProxyUnreachable().sentence(alone=True)
    assert "clock" in errors.UntrustedServer().sentence(alone=True)
