import test from 'ava';
import { DomainError } from '../../daemon/domain/errors.ts';
import { ALICE, API_TOKEN, BOB, startGui } from '../helpers/gui-world.ts';
import { DEFAULT_SETTINGS } from '../helpers/memory-stores.ts';
import { describePerson } from '../helpers/persons.ts';

test('the owner sees whose daemon it is, and changes it', async (t) => {
  const { api, domain } = await startGui(t);
  const before = await api.get('/api/me');

  const wanted = { nick: 'Alicia', status: 'busy', settings: { theme: 'dark' } };
  const after = await api.patch('/api/me', wanted);
  const silent = await api.patch('/api/me', { settings: { read_receipts: 0 } });

  t.deepEqual(before.body, {
    nick: 'Alice',
    status: 'online',
    address: '198.51.100.1',
    addresses: ['198.51.100.1'],
    ...describePerson(ALICE),
    version: '0.0.0-test',
    listeners: [],
    settings: DEFAULT_SETTINGS,
    rekey: null,
    connection: 'loopback',
  });
  t.is(after.status, 200);
  t.like(after.body, { nick: 'Alicia', status: 'busy' });
  t.like(after.body, { settings: { theme: 'dark', language: 'system' } });
  t.like(silent.body, { settings: { theme: 'dark', language: 'system', read_receipts: false } });
  t.is(domain.owner.nick, 'Alicia');
  for (const body of [
    { nick: '' },
    { nick: 5 },
    { status: 'asleep' },
    { settings: { theme: 'pink' } },
  ]) {
    t.is((await api.patch('/api/me', body)).status, 400);
  }
  t.is((await api.patch('/api/me', {})).status, 200);
});

test('the owner asks for another identity, and hears how many do not know it yet', async (t) => {
  const begun: number[] = [];
  const since = Date.UTC(2026, 10, 21);
  const rekeying = {
    get underWay() {
      return begun.length === 0 ? undefined : { since, waiting: 2 };
    },
    begin: async () => {
      if (begun.push(1) > 1) throw new DomainError('rekey_under_way', 'wait');
    },
  };
  const { api } = await startGui(t, { rekeying });

  const first = await api.post('/api/me/rekey');
  const second = await api.post('/api/me/rekey');

  t.is(first.status, 200);
  t.like(first.body, { rekey: { since: '2026-11-21T00:00:00.000Z', waiting: 2 } });
  t.is(second.status, 409);
  t.deepEqual(second.body, { error: { code: 'rekey_under_way', message: 'wait' } });
});

test('the relay ledger is listed, and what is carried for one contact is dropped', async (t) => {
  const at = Date.UTC(2026, 10, 20);
  const envelope = {
    from: BOB,
    to: BOB,
    message: 'x',
    wireTimestamp: '',
    enctype: '',
    sizeBytes: 10,
    at,
  };
  const carried = ['a', 'b'].map((id) => ({ ...envelope, id }));
  const { api } = await startGui(t, { carried });

  const listed = await api.get('/api/relay');
  const dropped = await api.delete(`/api/relay/${BOB}`);

  t.deepEqual(listed.body, [
    { from: BOB, to: BOB, messages: 2, bytes: 20, oldest: new Date(at).toISOString() },
  ]);
  t.is(dropped.status, 204);
  t.deepEqual((await api.get('/api/relay')).body, []);
});

test('health is told to anybody on this machine, figures only to the owner', async (t) => {
  const { url } = await startGui(t);

  const health = await fetch(`${url}/healthz`);
  const head = await fetch(`${url}/healthz`, { method: 'HEAD' });
  const metrics = await fetch(`${url}/metrics`, {
    headers: { authorization: `Bearer ${API_TOKEN}` },
  });

  t.is(health.status, 200);
  t.deepEqual(await health.json(), { status: 'ok', version: '0.0.0-test' });
  t.is(head.status, 200);
  t.is((await fetch(`${url}/healthz`, { method: 'DELETE' })).status, 405);
  t.is(metrics.status, 200);
  t.regex(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const text = await metrics.text();
  t.regex(text, /^vestnik_outbox_messages 0$/m);
  t.regex(text, /^vestnik_info\{version="0\.0\.0-test"\} 1$/m);
  t.regex(text, /^process_resident_memory_bytes \d+$/m);
});

test('two changes at the same moment are both kept', async (t) => {
  const { domain } = await startGui(t);

  await Promise.all([
    domain.owner.change({ settings: { retention: '1y' } }),
    domain.owner.change({ nick: 'Alicia', settings: { honour_deletion: false } }),
  ]);

  t.is(domain.owner.nick, 'Alicia');
  t.like(domain.owner.settings, { retention: '1y', honour_deletion: false });
});
