import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test from 'ava';
import type { Invitation } from '../../daemon/domain/ports.ts';
import { openInvitationStore } from '../../daemon/stores/invitation-store.ts';
import { openLoginStore, type KeptLogin } from '../../daemon/stores/login-store.ts';
import { openRequestStore } from '../../daemon/stores/request-store.ts';
import type { ContactRequest } from '../../daemon/domain/model.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const NOW_MS = 1_772_366_400_000;

test('parked contact requests are kept', async (t) => {
  const folder = await temporaryFolder(t);
  const stranger = { address: parseAddress('fc00::5'), nick: 'Eve', key: 'k', at: NOW_MS };
  const identity = { id: 'A'.repeat(43), dh: 'A'.repeat(43), bind: 'A'.repeat(86) };
  const requests: ContactRequest[] = [
    { ...stranger, identity: undefined, isDismissed: false, isBlocked: false },
    { ...stranger, address: parseAddress('fc00::6'), identity, isDismissed: true, isBlocked: true },
  ];
  const empty = await openRequestStore(folder, () => t.fail());
  await empty.save(requests);
  await empty.close();

  const store = await openRequestStore(folder, () => t.fail());

  t.deepEqual(empty.initial, []);
  t.deepEqual(store.initial, requests);
});

test('sessions and password are kept', async (t) => {
  const folder = await temporaryFolder(t);
  const session = { id: 'i', tokenHash: 'h', agent: 'Firefox', createdAt: NOW_MS, usedAt: NOW_MS };
  const password = { n: 32_768, r: 8, p: 1, salt: 'c2FsdA', hash: 'aGFzaA' };
  const logins: KeptLogin[] = [
    { password: undefined, sessions: [session] },
    { password, sessions: [] },
  ];

  for (const login of logins) {
    const store = await openLoginStore(folder, () => t.fail());
    await store.save(login);
    await store.close();

    t.deepEqual((await openLoginStore(folder, () => t.fail())).initial, login);
  }
});

test('contact links that nobody has used are kept', async (t) => {
  const folder = await temporaryFolder(t);
  const invitations: Invitation[] = [
    { tokenHash: 'A'.repeat(43), createdAt: NOW_MS },
    { tokenHash: 'B'.repeat(42) + 'A', createdAt: NOW_MS + 1 },
  ];
  const empty = await openInvitationStore(folder, () => t.fail());
  await empty.save(invitations);
  await empty.close();

  const store = await openInvitationStore(folder, () => t.fail());

  t.deepEqual(empty.initial, []);
  t.deepEqual(store.initial, invitations);
});

test('an invitation that makes no sense is left out', async (t) => {
  const folder = await temporaryFolder(t);
  const good = { token_hash: 'A'.repeat(43), created: '2026-03-01T12:00:00.000Z' };
  const odd = [
    { ...good, token_hash: 'A' },
    { ...good, created: 5.5e300 },
    { ...good, created: '' },
  ];
  const data = { invitations: [...odd, 5, null, { ...good, colour: 'blue' }] };
  const crc = crc32(JSON.stringify(data)).toString(16).padStart(8, '0');
  await writeFile(join(folder, 'invitations.json'), JSON.stringify({ v: 1, crc, data }));

  const store = await openInvitationStore(folder, () => t.fail());

  t.like(store.initial.at(-1), { tokenHash: good.token_hash, createdAt: NOW_MS });
  t.true(store.initial.length <= 2);
});
