// A Matrix client that nobody here wrote, driven by JSON lines: matrix-js-sdk with Rust crypto.
//
// The first line on standard input says who it is: {homeserver, user, password, signed, strict}; a
// strict one gives keys to, and believes, only devices that their owners signed. Then each
// line is a request {id, call, …}, answered by {id, result} or {id, error}. Whatever is read in a
// room comes unasked, as {read: {…}}, once when it comes and again when it becomes readable.
// Everything is kept in memory.

import readline from 'node:readline';
import { createClient, ClientEvent, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk';
import {
  AllDevicesIsolationMode,
  OnlySignedDevicesIsolationMode,
} from 'matrix-js-sdk/lib/crypto-api/index.js';
import { logger } from 'matrix-js-sdk/lib/logger.js';

logger.setLevel('silent');
for (const level of ['log', 'info', 'warn', 'debug', 'trace']) console[level] = () => {};

const tell = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const next = async () => JSON.parse((await lines.next()).value ?? '{"call":"quit"}');

async function logIn({ homeserver, user, password }) {
  const login = await createClient({ baseUrl: homeserver }).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user },
    password,
  });
  return createClient({
    baseUrl: homeserver,
    userId: login.user_id,
    deviceId: login.device_id,
    accessToken: login.access_token,
  });
}

async function begin(client, { user, password, signed, strict }) {
  await client.initRustCrypto({ useIndexedDB: false });
  const crypto = client.getCrypto();
  crypto.setDeviceIsolationMode(
    strict ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false),
  );
  if (signed) {
    await crypto.bootstrapCrossSigning({
      authUploadDeviceSigningKeys: (upload) =>
        upload({ type: 'm.login.password', identifier: { type: 'm.id.user', user }, password }),
    });
  }
  await client.startClient({ initialSyncLimit: 20 });
  await turn(client);
  return crypto;
}

// One turn of sync, from whatever moment this is called at.
const turn = (client) => new Promise((done) => client.once(ClientEvent.Sync, done));

// Asks again after each turn; the turn is awaited from before the question, so none is missed.
async function until(client, isTrue) {
  for (let news = turn(client); !(await isTrue()); news = turn(client)) await news;
}

async function describe(client, event) {
  const failed = event.isDecryptionFailure();
  const shield = failed ? null : await client.getCrypto().getEncryptionInfoForEvent(event);
  return {
    room: event.getRoomId(),
    event: event.getId(),
    sender: event.getSender(),
    type: event.getType(),
    content: event.getContent(),
    failure: failed ? event.decryptionFailureReason : null,
    shield: shield?.shieldColour ?? null,
    why: shield?.shieldReason ?? null,
  };
}

function listen(client) {
  const read = async (event) => tell({ read: await describe(client, event) });
  client.on(RoomEvent.Timeline, async (event, room, toStart) => {
    if (toStart || event.isState()) return;
    if (event.isEncrypted()) {
      event.on(MatrixEventEvent.Decrypted, read);
      await client.decryptEventIfNeeded(event);
    } else {
      await read(event);
    }
  });
}

const calls = (client, crypto) => ({
  join: async ({ room }) => {
    await client.joinRoom(room);
    await until(client, () => crypto.isEncryptionEnabledInRoom(room));
  },
  // The room that we are asked into, and by whom, once we are.
  invited: async () => {
    const asked = () => client.getRooms().find((room) => room.getMyMembership() === 'invite');
    await until(client, asked);
    return { room: asked().roomId, by: asked().getMember(client.getUserId()).events.member.getSender() };
  },
  send: async ({ room, body }) =>
    (await client.sendEvent(room, 'm.room.message', { msgtype: 'm.text', body })).event_id,
  edit: async ({ room, event, body }) => {
    const changed = { msgtype: 'm.text', body };
    const content = {
      ...changed,
      body: `* ${body}`,
      'm.new_content': changed,
      'm.relates_to': { rel_type: 'm.replace', event_id: event },
    };
    return (await client.sendEvent(room, 'm.room.message', content)).event_id;
  },
  logout: async () => {
    await client.logout(true);
  },
  // How the event stands once another one has changed it or taken it back.
  changed: async ({ room, event }) => {
    const found = () => client.getRoom(room)?.findEventById(event);
    await until(client, () => found()?.replacingEvent() || found()?.isRedacted());
    return { content: found().getContent(), redacted: found().isRedacted() };
  },
  // Answers once it sees that the device is signed by its owner.
  confirmed: async ({ user, device }) => {
    await until(client, async () => {
      await crypto.getUserDeviceInfo([user], true);
      return (await crypto.getDeviceVerificationStatus(user, device))?.signedByOwner;
    });
  },
});

const who = await next();
try {
  const client = await logIn(who);
  listen(client);
  const crypto = await begin(client, who);
  tell({ ready: { user: client.getUserId(), device: client.getDeviceId() } });
  const known = calls(client, crypto);
  for (let line = await next(); line.call !== 'quit'; line = await next()) {
    try {
      tell({ id: line.id, result: (await known[line.call](line)) ?? null });
    } catch (error) {
      tell({ id: line.id, error: String(error) });
    }
  }
  client.stopClient();
  process.exit(0);
} catch (error) {
  tell({ failed: String(error?.stack ?? error) });
  process.exit(1);
}
