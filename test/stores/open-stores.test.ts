import { chmod, cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Contact } from '../../daemon/domain/model.ts';
import { openFolderStores } from '../helpers/backups.ts';
import { EvolvingSessions } from '../helpers/evolving-sessions.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const IDENTITY = { id: 'A'.repeat(43), dh: 'A'.repeat(43) };

/** A data folder with one contact, who has an identity, and sessions with it. */
async function useFolder(t: ExecutionContext) {
  const folder = join(await temporaryFolder(t), 'data');
  const book = {
    'fc00::b': {
      nick: 'Bob',
      key: 'his key',
      other_info: { number: 1, issued_key: 'k', encryption: 'dr1', identity: IDENTITY },
    },
  };
  const stores = await openFolderStores(folder);
  await stores.sessions.save(1, new EvolvingSessions().let('finishes'));
  await stores.close();
  await writeFile(join(folder, 'contacts.json'), JSON.stringify(book));
  await rm(join(folder, 'contacts.json.crc'), { force: true });
  return { folder, seed: stores.identity.initial.seed };
}

test('a new data folder gets an identity, and keeps it', async (t) => {
  const { folder, seed } = await useFolder(t);

  const stores = await openFolderStores(folder);
  await stores.close();

  t.deepEqual(stores.identity.initial.seed, seed);
  t.like(stores.contacts.initial[0], {
    encryption: 'dr1',
    identity: IDENTITY,
  } satisfies Partial<Contact>);
  t.deepEqual([...stores.sessions.initial.keys()], [1]);
  t.deepEqual(stores.invitations.initial, []);
});

test('all files are for the owner alone', async (t) => {
  const { folder } = await useFolder(t);

  const modes = new Map<string, number>();
  for (const name of await readdir(folder)) {
    const stats = await stat(join(folder, name));
    if (stats.isFile()) modes.set(name, stats.mode & 0o077);
  }

  t.true(modes.has('identity.json') && modes.has('ratchet.log'));
  t.deepEqual(
    [...modes].filter(([name, mode]) => mode !== 0 && name !== 'contacts.json'),
    [],
  );
});

test('a data folder from before encryption gets an identity', async (t) => {
  const { folder, seed } = await useFolder(t);
  const path = join(folder, 'contacts.json');
  const book = (await readFile(path, 'utf8')).replace(/"identity":\{[^}]*\}/, '"muted":false');
  await writeFile(path, book.replace('"dr1"', '"plain"'));
  await rm(join(folder, 'identity.json'));

  const stores = await openFolderStores(folder);
  await stores.close();

  t.notDeepEqual(stores.identity.initial.seed, seed);
  t.like(stores.contacts.initial[0], { encryption: 'plain', identity: undefined });
});

test('a data folder whose identity is gone is refused, and can be opened when it is back', async (t) => {
  const { folder, seed } = await useFolder(t);
  const copy = join(folder, '..', 'copy.json');
  await cp(join(folder, 'identity.json'), copy);
  await rm(join(folder, 'identity.json'));

  await t.throwsAsync(openFolderStores(folder), { code: 'identity_missing' });
  await cp(copy, join(folder, 'identity.json'));
  const stores = await openFolderStores(folder);
  await stores.close();

  t.deepEqual(stores.identity.initial.seed, seed);
});

for (const name of ['identity.json', 'ratchet.log', 'api-token']) {
  test(`a data folder in which others may read ${name} is refused`, async (t) => {
    const { folder } = await useFolder(t);
    await chmod(join(folder, name), 0o644);

    await t.throwsAsync(openFolderStores(folder), { code: 'folder_unsafe' });
    await chmod(join(folder, name), 0o600);
    const stores = await openFolderStores(folder);
    await stores.close();
  });
}

test('a damaged ratchet.log keeps nobody from starting', async (t) => {
  const { folder } = await useFolder(t);
  await writeFile(join(folder, 'ratchet.log'), '\u0000\n{"s":1}\nnonsense', { mode: 0o600 });

  const stores = await openFolderStores(folder);
  await stores.sessions.save(2, new EvolvingSessions().let('finishes'));
  await stores.close();

  const again = await openFolderStores(folder);
  await again.close();
  t.deepEqual([...again.sessions.initial.keys()], [2]);
});
