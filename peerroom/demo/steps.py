"""The steps that ``peerroom demo --script`` plays, each proven by someone who did not take it.

These are the steps of an evening; `peerroom.demo.name_steps` has those of a change of names.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from peerroom.client.timeline import Timeline
from peerroom.demo.network_cut import help_now, namespaces_allowed
from peerroom.demo.stage import Stage, Step, true
from peerroom.demo.waiting import until
from peerroom.i18n import N_, _, language
from peerroom.store.vault import Vault

_EMERGENCY: Final = {"en": ("GB", "999"), "ja": ("JP", "119")}
"""A country of each language, and a number that its panic screen cannot lack."""


async def server_up(stage: Stage) -> None:
    """It answers its administrator."""
    await stage.world.start_server()
    true(stage.server.version(), _("The homeserver does not answer."))


async def bot_up(stage: Stage) -> None:
    """The server knows its device, and that it is in its room."""
    await stage.world.start_moderator()
    bot = stage.world.moderator
    true(stage.server.devices(bot.user_id), _("The server knows no device of the bot."))
    true(bot.user_id in stage.server.members(bot.room_id), _("The bot is not in its room."))


async def room_encrypted(stage: Stage) -> None:
    """The room's state on the server says so (client-server API, m.room.encryption)."""
    content = stage.server.state(stage.room_id, "m.room.encryption") or {}
    algorithm = content.get("algorithm")
    true(algorithm == "m.megolm.v1.aes-sha2", _("The server does not hold the room as encrypted."))


async def joined_by_invite(stage: Stage) -> None:
    """The server counts us among the members; so does another member."""
    vault = Vault.create(stage.folder / "vault", stage.passphrase)
    stage.you = await stage.world.enter(vault)
    own = stage.you.client.user_id
    true(own in stage.server.members(stage.room_id), _("The server does not list the new member."))
    await stage.world.bring_members()
    witness = stage.world.members[0].client
    await until(
        witness,
        lambda: any(person.user_id == own for person in witness.members(stage.room_id)),
        _("Another member does not see the new one."),
    )


async def cross_signed(stage: Stage) -> None:
    """The chain master, self-signing, device holds in what the server gives to anyone else."""
    from peerroom.matrix.chain import read_user_keys

    for member in (stage.you, *stage.world.members):
        user, device = member.account.user_id, member.account.device_id
        keys = read_user_keys(stage.server.keys(user), user)
        true(keys and keys.master, _("The server holds no identity for an account."))
        shown = keys.devices.get(device) if keys is not None else None
        signed = shown is not None and keys is not None and shown.signed_by == keys.master
        true(signed, _("A device is not signed by its owner."))


async def sent_and_decrypted(stage: Stage) -> None:
    """Another member reads it, the server holds it only as ciphertext."""
    text = _("Good evening, everyone. It is good to be here.")
    stage.you.say(text)
    seen = await stage.world.members[0].sees(text)
    true(seen.state == "received", _("The message did not count as its sender's."))
    true(seen.trust is None, _("The message came with a warning about its sender."))
    held = stage.server.event(stage.room_id, str(seen.event_id))
    true(held["type"] == "m.room.encrypted", _("The server got the message in clear."))
    true(not stage.server.holds(text), _("The server's files hold the text of the message."))


async def own_deleted(stage: Stage) -> None:
    """Gone here, gone for another member, and the server's copy is empty."""
    text = _("This was written in haste.")
    key = stage.you.say(text)
    witness = stage.world.members[0]
    event_id = str((await witness.sees(text)).event_id)
    true(stage.you.client.delete(stage.room_id, key), _("The message could not be deleted."))
    true(all(text != m.body for m in stage.you.messages()), _("The text is still in the vault."))
    await until(
        witness.client,
        lambda: any(m.event_id == event_id and m.state == "deleted" for m in witness.messages()),
        _("Another member still sees the deleted message."),
    )
    true(all(text != m.body for m in witness.messages()), _("The other vault still has the text."))
    held = stage.server.event(stage.room_id, event_id)
    true("ciphertext" not in held["content"], _("The server still holds the deleted message."))


async def help_without_network(stage: Stage) -> None:
    """Its process proves that the homeserver is out of reach, then prints an emergency number."""
    country, number = _EMERGENCY[language()]
    port = urlsplit(stage.world.server.base_url).port or 0
    code, printed = await help_now(port, "--country", country, "--lang", language())
    true(code == 0, _("Help-now failed without a network."))
    true(number in printed, _("Help-now showed no emergency number."))


async def restarted(stage: Stage) -> None:
    """The same messages before any connection, the same device after it, and talk goes on."""
    before = _history(stage.you.client.timeline(stage.room_id))
    await stage.you.stop()
    vault = Vault.open(stage.folder / "vault", stage.passphrase)
    after = _history(Timeline(vault, stage.room_id))
    true(before and after == before, _("The vault does not hold the messages of before."))
    stage.you = await stage.world.come_back(vault)
    account = stage.you.account
    true(
        stage.server.devices(account.user_id) == [account.device_id],
        _("The restart made another device."),
    )
    text = _("Welcome back.")
    stage.world.members[0].say(text)
    await stage.you.sees(text)


def _history(timeline: Timeline) -> list[tuple[str | None, str]]:
    return [(message.event_id, message.body) for message in timeline.page()]


def steps() -> tuple[Step, ...]:
    """All of them, in playing order. How the network is cut depends on what this machine allows."""
    cut = (
        N_("help-now shown with the network cut")
        if namespaces_allowed()
        else N_("help-now shown with every connection refused")
    )
    return (
        Step(N_("server up"), server_up),
        Step(N_("bot up"), bot_up),
        Step(N_("room encrypted"), room_encrypted),
        Step(N_("member joined by invite link"), joined_by_invite),
        Step(N_("device cross-signed, chain verified from the server's view"), cross_signed),
        Step(N_("message sent, and decrypted on the other side"), sent_and_decrypted),
        Step(N_("own message deleted"), own_deleted),
        Step(cut, help_without_network),
        Step(N_("restart from the vault with history"), restarted),
    )
