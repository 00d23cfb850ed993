import test from 'ava';
import type { ApiContact, ErrorBody } from '../../daemon/wire/gui-api.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { contactPath, type Answer } from '../helpers/api.ts';
import { formatTimestamp } from '../../daemon/wire/timestamp.ts';
import { BOB, startGui, type GuiWorld } from '../helpers/gui-world.ts';

const EVE = parseAddress('[2001:db9::9]:5000');

function codeOf({ body }: Answer): string {
  return (body as ErrorBody).error.code;
}

async function ask({ requests, clock }: GuiWorld): Promise<void> {
  await requests.park({
    address: EVE,
    nick: 'Eve',
    key: 'k',
    identity: undefined,
    at: clock.nowMs(),
  });
}

test('a requested contact is listed, in full', async (t) => {
  const { api, clock } = await startGui(t);

  const added = await api.post('/api/contacts', { address: BOB, nick: ' Bob ', can_resend: 1 });
  const again = await api.post('/api/contacts', { address: BOB });

  const since = new Date(clock.nowMs()).toISOString();
  const expected: ApiContact = {
    address: BOB,
    nick: 'Bob',
    state: 'requested',
    last_online: null,
    last_connect: null,
    can_resend: 1,
    presence: 'offline',
    verified: false,
    trust: 'undecided',
    id: null,
    fingerprint: null,
    encryption: '',
    unread: 0,
    blocked: false,
    muted: false,
    relay_for: true,
    relay_plain: false,
    retention: 'default',
    shares_presence: 'full',
    other_info: {
      since,
      handshake: 'waiting',
      shows_presence: 'full',
      last_attempt: null,
      next_attempt: null,
      candidate: null,
      rekeyed: null,
      refused_plain: 0,
      taken_back: null,
      address_proves: 'nothing',
      expected_fingerprint: null,
    },
  };
  t.is(added.status, 201);
  t.deepEqual(added.body, expected);
  t.is(again.status, 200);
  t.deepEqual((await api.get('/api/contacts')).body, [expected]);
  t.deepEqual((await api.get(contactPath(BOB))).body, expected);
});

test('an address in a path may be spelt in any way', async (t) => {
  const { api } = await startGui(t);
  await api.post('/api/contacts', { address: 'http://[2001:DB9:0::9]:5000/' });

  for (const spelling of ['[2001:db9::9]:5000', '[2001:0DB9:0:0:0:0:0:9]:5000']) {
    const { status, body } = await api.get(contactPath(spelling));
    t.is(status, 200, spelling);
    t.is((body as ApiContact).address, EVE);
  }
});

test('what makes no sense is refused with a code', async (t) => {
  const { api } = await startGui(t);
  await api.post('/api/contacts', { address: BOB });

  const cases = [
    [await api.post('/api/contacts', {}), 400, 'bad_request'],
    [await api.post('/api/contacts', []), 400, 'bad_request'],
    [await api.post('/api/contacts', { address: 5 }), 400, 'bad_request'],
    [await api.post('/api/contacts', { address: 'bob' }), 400, 'bad_address'],
    [await api.post('/api/contacts', { address: '127.0.0.1' }), 400, 'bad_address'],
    [await api.post('/api/contacts', { address: BOB, can_resend: 2 }), 400, 'bad_request'],
    [await api.get('/api/contacts/bob'), 400, 'bad_address'],
    [await api.get('/api/contacts/%'), 400, 'bad_address'],
    [await api.get(contactPath(EVE)), 404, 'not_found'],
    [await api.delete(contactPath(EVE)), 404, 'not_found'],
    [await api.patch(contactPath(EVE), { nick: 'x' }), 404, 'not_found'],
    [await api.patch(contactPath(BOB), { nick: 'x'.repeat(65) }), 400, 'bad_request'],
    [await api.post(`${contactPath(BOB)}/accept`), 404, 'not_found'],
    [await api.post(`${contactPath(BOB)}/dance`), 404, 'not_found'],
    [await api.get(`${contactPath(BOB)}/accept`), 405, 'method_not_allowed'],
    [await api.call('PUT', '/api/contacts', {}), 405, 'method_not_allowed'],
    [await api.get('/api/nothing'), 404, 'not_found'],
    [await api.get('/api/'), 404, 'not_found'],
  ] as const;

  for (const [answer, status, code] of cases) {
    t.is(answer.status, status, JSON.stringify(answer.body));
    t.is(codeOf(answer), code);
  }
});

test('a contact request is accepted, under the address that the owner knows', async (t) => {
  const gui = await startGui(t);
  await ask(gui);
  t.like((await gui.api.get('/api/contacts')).body, [{ address: EVE, state: 'request' }]);

  const { status, body } = await gui.api.post(`${contactPath(EVE)}/accept`, { address: BOB });

  t.is(status, 200);
  t.like(body, { address: BOB, nick: 'Eve', state: 'established' });
  t.is((await gui.api.post(`${contactPath(EVE)}/accept`)).status, 404);
  t.is(codeOf(await gui.api.post('/api/contacts', { address: BOB })), 'contact_exists');
});

test('a dismissed request is out of sight until it is made again', async (t) => {
  const gui = await startGui(t);
  await ask(gui);

  t.is((await gui.api.post(`${contactPath(EVE)}/dismiss`)).status, 204);
  t.deepEqual((await gui.api.get('/api/contacts')).body, []);
  t.is((await gui.api.get(contactPath(EVE))).status, 404);
  await ask(gui);

  t.like((await gui.api.get(contactPath(EVE))).body, { state: 'request' });
});

test('a contact and a stranger can be blocked and unblocked', async (t) => {
  const gui = await startGui(t);
  await gui.api.post('/api/contacts', { address: BOB });
  await ask(gui);

  for (const address of [BOB, EVE]) {
    t.like((await gui.api.post(`${contactPath(address)}/block`)).body, { blocked: true });
    t.like((await gui.api.post(`${contactPath(address)}/unblock`)).body, { blocked: false });
  }
});

test('only what is named is changed', async (t) => {
  const { api } = await startGui(t);
  await api.post('/api/contacts', { address: BOB, nick: 'Bob' });

  const first = await api.patch(contactPath(BOB), { can_resend: true, muted: true, unknown: 1 });
  const second = await api.patch(contactPath(BOB), { relay_for: false, relay_plain: 1 });

  t.like(first.body, { nick: 'Bob', can_resend: 1, muted: true, relay_for: true });
  t.like(second.body, { can_resend: 1, muted: true, relay_for: false, relay_plain: true });
});

test('a contact is removed with its history or without', async (t) => {
  const { api } = await startGui(t);
  const messages = `/api/conversations/${BOB}/messages`;
  await api.post('/api/contacts', { address: BOB });
  await api.post(messages, { message: 'kept' });

  t.is((await api.delete(contactPath(BOB))).status, 204);
  await api.post('/api/contacts', { address: BOB });
  t.like((await api.get(messages)).body, [{ message: 'kept' }]);
  t.is((await api.delete(`${contactPath(BOB)}?history=1`)).status, 204);
  await api.post('/api/contacts', { address: BOB });

  t.deepEqual((await api.get(messages)).body, []);
});

test('how long a conversation is kept is changed, and taken back', async (t) => {
  const { api, domain } = await startGui(t);
  await domain.contacts.add({ address: BOB });
  const path = `/api/contacts/${BOB}`;

  t.like((await api.patch(path, { retention: '30d' })).body, { retention: '30d' });
  t.like((await api.patch(path, { muted: true })).body, { retention: '30d' });
  t.like((await api.patch(path, { retention: 'default' })).body, { retention: 'default' });
  t.is((await api.patch(path, { retention: '3d' })).status, 400);
});

test('what a contact does not want to be seen is not in its view', async (t) => {
  const { api, domain, clock } = await startGui(t);
  await domain.contacts.add({ address: BOB });
  const bob = await domain.contacts.update(domain.contacts.require(BOB), { encryption: 'dr1' });
  domain.presence.tried(bob, 'ok');
  const view = async (status: 'busy' | 'hidden', showsLastSeen: boolean) => {
    domain.contacts.touch(bob, { shownPresence: { status, showsLastSeen, at: clock.nowMs() } });
    return (await api.get(`/api/contacts/${BOB}`)).body;
  };

  t.like(await view('busy', true), {
    presence: 'busy',
    last_online: formatTimestamp(clock.nowMs()),
  });
  t.like(await view('busy', false), { presence: 'busy', last_online: null, last_connect: null });
  const hidden = await view('hidden', true);
  t.like(hidden, { presence: 'offline', last_online: null, last_connect: null });
  t.like(hidden, { other_info: { shows_presence: 'nothing', last_attempt: null } });
});

test('what a contact may see is one of three things', async (t) => {
  const { api, domain } = await startGui(t);
  await domain.contacts.add({ address: BOB });

  const changed = await api.patch(`/api/contacts/${BOB}`, { shares_presence: 'nothing' });
  const refused = await api.patch(`/api/contacts/${BOB}`, { shares_presence: 'all' });

  t.like(changed.body, { shares_presence: 'nothing' });
  t.is(refused.status, 400);
});
