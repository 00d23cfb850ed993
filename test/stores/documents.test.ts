import test from 'ava';
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
