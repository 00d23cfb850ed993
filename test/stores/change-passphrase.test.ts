import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { changePassphrase } from '../../daemon/change-passphrase.ts';
import { encodeSessions } from '../../daemon/crypto/session-bytes.ts';
import {
  noPassphrase,
  openIdentityFile,
  writeIdentity,
} from '../../daemon/stores/identity-file.ts';
import { openSessionStore } from '../../daemon/stores/session-store.ts';
import { systemClock, systemRandom } from '../../daemon/system.ts';
import { lockFolder } from '../../storage/folder-lock.ts';
import { EvolvingSessions } from '../helpers/evolving-sessions.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** Guesses cost nothing here. */
const cost = { N: 16, r: 1, p: 1 };

/** Seed and sessions as a start finds them, in hex. */
async function open(folder: string, passphrase: string | undefined) {
  const { seed, sealKey } = await openIdentityFile({
    folder,
    random: systemRandom,
    cost,
    askPassphrase: () => Promise.resolve(passphrase),
    isExpected: false,
    onNotice: () => undefined,
  });
  const notices: string[] = [];
  const store = await openSessionStore({
    folder,
    sealKey,
    fsync: 'always',
    intervalMs: 0,
    random: systemRandom,
    clock: systemClock,
    onNotice: ({ code }) => notices.push(code),
  });
  const sessions = [...store.initial].map(([n, one]) => [
    n,
    Buffer.from(encodeSessions(one)).toString('hex'),
  ]);
  return { store, found: { seed: Buffer.from(seed).toString('hex'), sessions, notices } };
}

async function find(folder: string, passphrase: string | undefined) {
  const { store, found } = await open(folder, passphrase);
  await store.close();
  return found;
}

/** A data folder with an identity and sessions, under a passphrase if one is given. */
async function useFolder(t: ExecutionContext, passphrase: string | undefined) {
  const folder = await temporaryFolder(t);
  const { store } = await open(folder, passphrase);
  const evolving = new EvolvingSessions();
  await store.save(1, evolving.let('finishes'));
  await store.save(1, evolving.let('sends'));
  await store.save(2, new EvolvingSessions(2).let('finishes'));
  await store.close();
  const change = (next: string | undefined, askNew = () => Promise.resolve(next)) =>
    changePassphrase({
      folder,
      askPresent: () => Promise.resolve(passphrase),
      askNew,
      onNotice: () => t.fail(),
      cost,
    });
  return { folder, change, before: await find(folder, passphrase) };
}

for (const [title, former, next] of [
  ['set', undefined, 'the first passphrase'],
  ['changed', 'the first passphrase', 'another passphrase'],
  ['removed', 'the first passphrase', undefined],
] as const) {
  test(`a passphrase is ${title}, and all that lies under it is as it was`, async (t) => {
    const { folder, change, before } = await useFolder(t, former);

    await change(next);

    t.deepEqual(await find(folder, next), before);
    const log = await readFile(join(folder, 'ratchet.log'), 'utf8');
    t.is(log.includes('"y":'), next !== undefined);
    if (next !== undefined) {
      await t.throwsAsync(find(folder, 'no passphrase of it'), { code: 'wrong_passphrase' });
    }
  });
}

test('a crash at any moment of a change leaves a folder that one of the two passphrases opens', async (t) => {
  const [former, next] = ['the first passphrase', 'another passphrase'];
  const { folder, before } = await useFolder(t, former);
  const copies = await temporaryFolder(t);
  const copy = async (name: string): Promise<string> => {
    await cp(folder, join(copies, name), { recursive: true });
    return join(copies, name);
  };

  // The log is replaced, then the identity, then the log again: in between there are these two states.
  const { store } = await open(folder, former);
  const seed = Buffer.from(before.seed, 'hex');
  const place = { folder, random: systemRandom, cost };
  let prepared = '';
  await writeIdentity(place, { seed, passphrase: next }, async (key) => {
    await store.prepareKey(key);
    prepared = await copy('prepared');
  });
  const replaced = await copy('replaced');
  await store.close();

  t.deepEqual(await find(prepared, former), before);
  t.deepEqual(await find(replaced, next), before);
});

test('nothing is changed when the present passphrase is wrong, or the new one too short', async (t) => {
  const { folder, change, before } = await useFolder(t, 'the first passphrase');
  const wrong = changePassphrase({
    folder,
    askPresent: () => Promise.resolve('a wrong passphrase'),
    askNew: () => t.fail(),
    onNotice: () => t.fail(),
    cost,
  });

  await t.throwsAsync(wrong, { code: 'wrong_passphrase' });
  await t.throwsAsync(change('too short'), { code: 'bad_request' });

  t.deepEqual(await find(folder, 'the first passphrase'), before);
});

test('a folder in use, or without an identity, is left alone', async (t) => {
  const { folder, change } = await useFolder(t, undefined);
  const lock = await lockFolder(folder);
  await t.throwsAsync(change('the first passphrase'), { code: 'folder_in_use' });
  await lock.release();

  const empty = changePassphrase({
    folder: join(folder, 'empty'),
    askPresent: noPassphrase,
    askNew: () => t.fail(),
    onNotice: () => t.fail(),
  });
  await t.throwsAsync(empty, { code: 'identity_missing' });
});
