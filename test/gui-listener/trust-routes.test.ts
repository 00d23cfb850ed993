import test from 'ava';
import { safetyNumber } from '../../daemon/crypto/safety-number.ts';
import type { Contact } from '../../daemon/domain/model.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { parseContactLink } from '../../daemon/wire/contact-link.ts';
import type { ApiContact, ApiMessage, ErrorBody } from '../../daemon/wire/gui-api.ts';
import { contactPath, conversationPath, type Answer } from '../helpers/api.ts';
import {
  ALICE,
  API_TOKEN,
  BOB,
  openSocket,
  receive,
  startGui,
  type GuiWorld,
} from '../helpers/gui-world.ts';
import { claimOf, describePerson, personNamed } from '../helpers/persons.ts';

const EVE = parseAddress('[2001:db9::9]:5000');
const BOB_HIMSELF = personNamed('bob');
const MALLORY = personNamed('mallory');
const BOBS = describePerson(BOB_HIMSELF);
const BEARER = { headers: { authorization: `Bearer ${API_TOKEN}` } };

/** Bob in the address book, end-to-end encrypted unless `fields` say otherwise. */
async function befriend({ domain }: GuiWorld, fields: Partial<Contact> = {}): Promise<void> {
  const { contact } = await domain.contacts.add({ address: BOB, nick: 'Bob' });
  const { id, dh } = claimOf(BOB_HIMSELF);
  await domain.contacts.update(contact, {
    state: 'established',
    key: 'k',
    encryption: 'dr1',
    identity: { id, dh },
    ...fields,
  });
}

function mallorysCandidate(at: number): Contact['candidate'] {
  return { key: 'new', identity: claimOf(MALLORY), at };
}

function refusal({ status, body }: Answer): readonly [status: number, code: string] {
  return [status, (body as ErrorBody).error.code];
}

test('a contact shows who it is and how sure we are', async (t) => {
  const gui = await startGui(t);
  await befriend(gui, {
    trust: 'invited',
    refusedPlain: 2,
    candidate: mallorysCandidate(gui.clock.nowMs()),
    // Kept until its token was shown to the contact.
    expected: { fingerprint: BOBS.fingerprint, source: 'link', invitation: 'token' },
  });

  const { body } = await gui.api.get(contactPath(BOB));

  t.like(body, {
    verified: false,
    trust: 'invited',
    id: BOBS.id,
    fingerprint: BOBS.fingerprint,
    encryption: 'dr1',
    other_info: {
      candidate: {
        at: new Date(gui.clock.nowMs()).toISOString(),
        fingerprint: describePerson(MALLORY).fingerprint,
      },
      refused_plain: 2,
      expected_fingerprint: null,
    },
  });
});

test('an identity is verified by the fingerprint that was compared, and unverified', async (t) => {
  const gui = await startGui(t);
  await befriend(gui);
  const path = `${contactPath(BOB)}/verify`;

  const other = await gui.api.post(path, { fingerprint: describePerson(MALLORY).fingerprint });
  t.deepEqual(refusal(other), [409, 'identity_changed']);
  t.like((await gui.api.get(contactPath(BOB))).body, { verified: false });

  const verified = await gui.api.post(path, { fingerprint: ` ${BOBS.fingerprint}\n` });
  t.is(verified.status, 200);
  t.like(verified.body, { verified: true, trust: 'verified' });

  const undone = await gui.api.delete(path);
  t.is(undone.status, 200);
  t.like(undone.body, { verified: false, trust: 'tofu' });
});

test('the safety number is shown, of a candidate too', async (t) => {
  const gui = await startGui(t);
  await befriend(gui, { candidate: mallorysCandidate(0) });
  const path = `${contactPath(BOB)}/safety-number`;

  const { status, body } = await gui.api.get(path);
  const candidates = await gui.api.get(`${path}?of=candidate`);

  t.is(status, 200);
  t.deepEqual(body, {
    groups: safetyNumber(ALICE.fingerprint, BOB_HIMSELF.fingerprint),
    own: describePerson(ALICE).fingerprint,
    peer: BOBS.fingerprint,
  });
  t.like(candidates.body, { peer: describePerson(MALLORY).fingerprint });
  t.deepEqual(refusal(await gui.api.get(`${path}?of=eve`)), [400, 'bad_request']);
});

test('what can’t be compared or decided is refused with a code', async (t) => {
  const gui = await startGui(t);
  await befriend(gui, { encryption: 'plain', identity: undefined });
  const [bob, eve] = [contactPath(BOB), contactPath(EVE)];

  const cases = [
    [await gui.api.post(`${bob}/verify`), 403, 'forbidden'],
    [await gui.api.get(`${bob}/safety-number`), 403, 'forbidden'],
    [await gui.api.get(`${bob}/safety-number?of=candidate`), 403, 'forbidden'],
    [await gui.api.post(`${bob}/verify`, { fingerprint: 5 }), 400, 'bad_request'],
    [await gui.api.post(`${bob}/accept`, { confirmed: 'yes' }), 400, 'bad_request'],
    [await gui.api.post(`${eve}/verify`), 404, 'not_found'],
    [await gui.api.delete(`${eve}/verify`), 404, 'not_found'],
    [await gui.api.post(`${eve}/plain`), 404, 'not_found'],
    [await gui.api.get(`${eve}/safety-number`), 404, 'not_found'],
    [await gui.api.get(`${bob}/plain`), 405, 'method_not_allowed'],
    [await gui.api.delete('/api/links'), 405, 'method_not_allowed'],
  ] as const;

  for (const [answer, status, code] of cases) t.deepEqual(refusal(answer), [status, code]);
});

test('E4: another identity of a verified contact is accepted with a second word', async (t) => {
  const gui = await startGui(t);
  await befriend(gui, { trust: 'verified', candidate: mallorysCandidate(0) });
  const path = `${contactPath(BOB)}/accept`;

  t.deepEqual(refusal(await gui.api.post(path)), [409, 'identity_changed']);
  const meant = { confirmed: true, fingerprint: BOBS.fingerprint };
  t.deepEqual(refusal(await gui.api.post(path, meant)), [409, 'identity_changed']);
  const { status, body } = await gui.api.post(path, { confirmed: 1 });

  t.is(status, 200);
  const { fingerprint } = describePerson(MALLORY);
  t.like(body, { fingerprint, trust: 'tofu', verified: false, other_info: { candidate: null } });
});

test('a candidate is dismissed, and the contact stays who it was', async (t) => {
  const gui = await startGui(t);
  await befriend(gui, { candidate: mallorysCandidate(0) });

  t.is((await gui.api.post(`${contactPath(BOB)}/dismiss`)).status, 204);

  t.like((await gui.api.get(contactPath(BOB))).body, {
    fingerprint: BOBS.fingerprint,
    other_info: { candidate: null },
  });
});

test('E5: the owner goes back to plain', async (t) => {
  const gui = await startGui(t);
  await befriend(gui, { refusedPlain: 4 });

  const { status, body } = await gui.api.post(`${contactPath(BOB)}/plain`);

  t.is(status, 200);
  t.like(body, { trust: 'plain', fingerprint: null, id: null, encryption: '' });
  t.is((body as ApiContact).other_info.refused_plain, 0);
});

test('a contact link is given away once, another one to everybody', async (t) => {
  const { api, clock } = await startGui(t);

  const { status, body } = await api.post('/api/links', {});
  const everybodys = await api.get('/api/links');

  t.is(status, 201);
  const { link, expires } = body as { link: string; expires: string };
  t.is(parseContactLink(link).fingerprint, describePerson(ALICE).fingerprint);
  t.is(expires, new Date(clock.nowMs() + 7 * 86_400_000).toISOString());
  t.deepEqual(everybodys.body, { link: link.replace(/\/[^/]*$/, '') });
});

test('a contact is added by a link, and must be whom it names', async (t) => {
  const { api } = await startGui(t);
  const link = `vestnik://${BOB}:4884/${BOBS.fingerprint}/AAAAAAAAAAAAAAAAAAAAAA`;

  const added = await api.post('/api/contacts', { address: `\n${link} `, nick: 'Bob' });
  const again = await api.post('/api/contacts', { address: link });
  const own = (await api.get('/api/links')).body as { link: string };

  t.is(added.status, 201);
  t.like(added.body, {
    address: BOB,
    trust: 'undecided',
    fingerprint: null,
    other_info: { expected_fingerprint: BOBS.fingerprint },
  });
  t.is(again.status, 200);
  const cutOff = await api.post('/api/contacts', { address: link.slice(0, 50) });
  t.deepEqual(refusal(cutOff), [400, 'bad_request']);
  t.regex((cutOff.body as ErrorBody).error.message, /cut off or mistyped/);
  const ours = await api.post('/api/contacts', { address: own.link });
  t.deepEqual(refusal(ours), [400, 'bad_address']);
});

test('a request shows whom it claims to be from, and becomes expected', async (t) => {
  const { api, requests, clock } = await startGui(t);
  const identity = claimOf(BOB_HIMSELF);
  await requests.park({ address: EVE, nick: 'Eve', key: 'k', identity, at: clock.nowMs() });

  t.like((await api.get(contactPath(EVE))).body, {
    state: 'request',
    trust: 'undecided',
    id: BOBS.id,
    fingerprint: BOBS.fingerprint,
  });
  const accepted = await api.post(`${contactPath(EVE)}/accept`, { fingerprint: BOBS.fingerprint });

  t.like(accepted.body, { state: 'established', trust: 'undecided', encryption: '' });
  t.is((accepted.body as ApiContact).other_info.expected_fingerprint, BOBS.fingerprint);
});

test('each message tells whether it is encrypted under a verified identity', async (t) => {
  const gui = await startGui(t);
  await befriend(gui);
  await receive(gui, BOB, 'sealed', { enctype: 'dr1' });
  await receive(gui, BOB, 'plain');
  const socket = await openSocket(t, gui, [], BEARER);
  await socket.subscribe('_vestnik/conversations', 'dict');

  const before = await gui.api.messages(BOB);
  await gui.api.post(`${contactPath(BOB)}/verify`);
  const after = await gui.api.messages(BOB);

  t.deepEqual(
    [...before, ...after].map(({ message, verified }) => [message, verified]),
    [
      ['sealed', false],
      ['plain', false],
      ['sealed', true],
      ['plain', false],
    ],
  );
  t.like(await socket.nextChange('_vestnik/conversations'), { type: 'change_value', key: BOB });
});

test('missing messages show before the one that they came before, until they come', async (t) => {
  const gui = await startGui(t);
  await befriend(gui);
  await gui.domain.contacts.update(gui.domain.contacts.require(BOB), { peerSequenceStart: 1 });
  const sealed = { enctype: 'dr1' };
  for (const sequence of [1, 2, 5, 7]) await receive(gui, BOB, 'x', { ...sealed, sequence });
  await gui.api.send(BOB, 'mine');

  const gaps = async () => (await gui.api.messages(BOB)).map((one) => one.missing_before);
  t.deepEqual(await gaps(), [0, 0, 2, 1, 0]);
  t.like(await gui.api.conversations(), [{ address: BOB, missing: 3 }]);
  const details = await gui.api.get(`${conversationPath(BOB)}/in-3`);
  t.is((details.body as ApiMessage).missing_before, 2);

  const socket = await openSocket(t, gui, [], BEARER);
  await socket.subscribe('_vestnik/messages', 'event');
  await receive(gui, BOB, 'late', { ...sealed, sequence: 4 });
  t.like(await socket.nextChange('_vestnik/messages'), {
    args: { message: 'late', missing_before: 1 },
  });

  t.deepEqual(await gaps(), [0, 0, 0, 1, 0, 1]);
});
