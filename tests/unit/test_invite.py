"""The invite link: there and back, and what is said of one that does not arrive whole."""

from __future__ import annotations

import base64
import zlib
from dataclasses import replace

import msgspec
import pytest
import segno
from hypothesis import given
from hypothesis import strategies as st

from peerroom.wire.invite import (
    PREFIX,
    BadInvite,
    Invite,
    InviteCutOff,
    InviteDamaged,
    InviteOtherVersion,
    InviteUnusable,
    Pinned,
)

KEY = base64.b64encode(bytes(range(32))).rstrip(b"=").decode()
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
INVITE = Invite(
    homeserver="https://matrix.example.org",
    bot="@peerroom:example.org",
    bot_identity=KEY,
    registration_token="T" * 16,
    secret="S" * 22,
    room="静かな部屋",
)
LINK = INVITE.encode()

tokens = st.text(alphabet=LETTERS + ".~", min_size=1, max_size=64)
invites = st.builds(
    Invite,
    homeserver=st.sampled_from(
        ["https://a.org", "https://a.org:8448/", "http://127.0.0.1:41233", "http://[::1]:8008"]
    ),
    bot=st.from_regex(r"@[a-z0-9._=/+-]{1,20}:[a-z]{1,10}\.org(:[0-9]{2,5})?", fullmatch=True),
    bot_identity=st.binary(min_size=32, max_size=32).map(
        lambda key: base64.b64encode(key).rstrip(b"=").decode()
    ),
    registration_token=tokens,
    secret=tokens,
    room=st.none() | st.text(max_size=80),
    pinned=st.none()
    | st.builds(
        Pinned,
        lineage=st.binary(min_size=16, max_size=16),
        sequence=st.integers(0, 2**32 - 1),
        head=st.binary(min_size=32, max_size=32),
    ),
)


def sealed(body: bytes, version: int = 1) -> str:
    """A link with this body, and a checksum that fits."""
    data = bytes([version]) + len(body).to_bytes(2) + body
    data += zlib.crc32(data).to_bytes(4)
    return PREFIX + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(invites)
def test_there_and_back(invite: Invite) -> None:
    assert Invite.parse(invite.encode()) == invite


def test_a_link_fits_a_qr_code_and_a_line_of_a_letter() -> None:
    assert len(LINK) <= 240
    assert segno.make(LINK, error="l").version <= 9  # 53 modules a side


def test_a_link_that_pins_nothing_is_what_it_always_was() -> None:
    """Links of circles that do not rotate are read by the first PeerRoom too."""
    data = base64.urlsafe_b64decode(LINK.removeprefix(PREFIX) + "==")
    assert data[0] == 1
    pinned = replace(INVITE, pinned=Pinned(bytes(16), 7, bytes(range(32))))
    assert base64.urlsafe_b64decode(pinned.encode().removeprefix(PREFIX) + "==")[0] == 2
    assert segno.make(pinned.encode(), error="l").version <= 11


@pytest.mark.parametrize(
    "fields", [(bytes(15), 0, bytes(32)), (bytes(16), 0, bytes(31)), (bytes(16), -1, bytes(32))]
)
def test_what_cannot_be_pinned(fields: tuple[bytes, int, bytes]) -> None:
    with pytest.raises(ValueError, match="lineage has 16"):
        Pinned(*fields)
    body = msgspec.msgpack.encode(("https://a.org", "@b:a.org", bytes(32), "t", "s", None, *fields))
    with pytest.raises(InviteUnusable):
        Invite.parse(sealed(body, version=2))


def test_the_secrets_are_in_no_repr() -> None:
    shown = f"{INVITE!r} {INVITE}"
    assert "example.org" in shown
    assert "TTT" not in shown
    assert "SSS" not in shown


@given(st.data())
def test_every_change_of_one_character_is_noticed(data: st.DataObject) -> None:
    link = data.draw(invites).encode()
    at = data.draw(st.integers(len(PREFIX), len(link) - 1))
    other = data.draw(st.sampled_from(LETTERS) | st.characters())
    if other != link[at]:
        with pytest.raises(BadInvite):
            Invite.parse(link[:at] + other + link[at + 1 :])


def test_every_other_letter_in_every_place_is_noticed() -> None:
    for at in range(len(PREFIX), len(LINK)):
        for letter in LETTERS.replace(LINK[at], ""):
            with pytest.raises((InviteDamaged, InviteCutOff)):
                Invite.parse(LINK[:at] + letter + LINK[at + 1 :])


@given(invites, st.data())
def test_swapped_neighbours_are_noticed(invite: Invite, data: st.DataObject) -> None:
    link = invite.encode()
    at = data.draw(st.integers(len(PREFIX), len(link) - 2))
    swapped = link[:at] + link[at + 1] + link[at] + link[at + 2 :]
    if swapped != link:
        with pytest.raises(BadInvite):
            Invite.parse(swapped)


def test_a_link_cut_off_anywhere_is_called_cut_off() -> None:
    for end in range(len(PREFIX), len(LINK)):
        with pytest.raises(InviteCutOff):
            Invite.parse(LINK[:end])


@pytest.mark.parametrize(
    "text",
    [
        f"  {LINK}\n",
        f"<{LINK}>",
        f"{LINK[:70]}\n{LINK[70:140]}\r\n  {LINK[140:]}",
        f"> {LINK[:70]}\n> {LINK[70:]}",
        f"{LINK[:50]}\u200b{LINK[50:]}\ufeff",
        "Peerroom:join/" + LINK.removeprefix(PREFIX),  # phones begin a line with a capital
    ],
)
def test_what_mail_and_chat_add_does_not_matter(text: str) -> None:
    assert Invite.parse(text) == INVITE


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", BadInvite),
        ("hello", BadInvite),
        ("https://example.org/join/abc", BadInvite),
        (LINK.removeprefix("peerroom:"), BadInvite),
        (LINK + "A", InviteDamaged),
        (LINK + LINK, InviteDamaged),
        (LINK.replace("A", "Ａ", 1), InviteDamaged),
        (LINK + "\x00", InviteDamaged),
        (PREFIX, InviteCutOff),
        (sealed(b"", version=3), InviteOtherVersion),
        (sealed(msgspec.msgpack.encode({"new": "shape"}), version=200), InviteOtherVersion),
        (sealed(b""), InviteUnusable),
        (sealed(b"\xff" * 40), InviteUnusable),
        (sealed(msgspec.msgpack.encode([1, 2, 3])), InviteUnusable),
        (sealed(b"\x96" * 5000), InviteUnusable),
    ],
)
def test_what_is_no_invite(text: str, error: type[BadInvite]) -> None:
    with pytest.raises(BadInvite) as raised:
        Invite.parse(text)
    assert type(raised.value) is error


FIELDS = ["https://a.org", "@bot:a.org", bytes(32), "token", "secret", None]


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, "http://a.org"),  # everyone on the way could read along
        (0, "https://user:password@a.org"),
        (0, "https://a.org\nHost: b.org"),
        (0, 5),
        (1, "bot"),
        (1, "@bot:"),
        (1, "@bot:a.org\x1b[2J"),
        (2, bytes(31)),
        (2, "x" * 32),
        (3, ""),
        (3, "with space"),
        (3, "x" * 65),
        (4, ""),
        (4, None),
        (5, 5),
    ],
)
def test_a_whole_link_with_values_that_cannot_be_is_unusable(at: int, value: object) -> None:
    assert Invite.parse(sealed(msgspec.msgpack.encode(FIELDS)))
    fields = [*FIELDS[:at], value, *FIELDS[at + 1 :]]
    with pytest.raises(InviteUnusable) as raised:
        Invite.parse(sealed(msgspec.msgpack.encode(fields)))
    assert raised.value.__suppress_context__


@given(st.binary(max_size=200), st.integers(0, 255))
def test_no_body_breaks_the_reader(body: bytes, version: int) -> None:
    with pytest.raises(BadInvite):
        Invite.parse(sealed(body, version))


@given(st.text() | st.text(LETTERS).map(lambda text: PREFIX + text))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(BadInvite):
        Invite.parse(text)


@pytest.mark.parametrize("field", ["homeserver", "bot", "bot_identity", "secret"])
def test_the_maker_is_held_to_the_same_rules(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Invite(**{**{name: getattr(INVITE, name) for name in INVITE.__slots__}, field: "no such"})


def test_the_rooms_name_is_cleaned_whoever_wrote_it() -> None:
    link = sealed(msgspec.msgpack.encode([*FIELDS[:5], "quiet\n\u202e\x1b]0;x\x07 room"]))
    assert Invite.parse(link).room == "quiet ]0;x room"
    blank = sealed(msgspec.msgpack.encode([*FIELDS[:5], "\u200b"]))
    assert Invite.parse(blank).room is None


def test_the_five_errors_say_five_things() -> None:
    kinds = (BadInvite, InviteCutOff, InviteDamaged, InviteOtherVersion, InviteUnusable)
    assert len({kind().sentence() for kind in kinds}) == 5
