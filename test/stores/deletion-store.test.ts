import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { openDeletionStore } from '../../daemon/stores/deletion-store.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** Nothing is to be told of. */
function silent(t: ExecutionContext) {
  return (notice: object): void => t.fail(JSON.stringify(notice));
}

const ASKED = {
  conversation: 3,
  waiting: [{ id: 'A'.repeat(22), sequence: 7 }],
  deleted: 2,
  kept: 1,
};

test('what contacts were asked and what the clock said is there after a restart', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await openDeletionStore(folder, silent(t));
  await store.saveAsked([ASKED]);
  await store.saveReadings([{ ranMs: 5, wallMs: 1_795_000_000_000 }]);
  await store.close();

  const again = await openDeletionStore(folder, silent(t));

  t.deepEqual(again.initial, {
    asked: [ASKED],
    readings: [{ ranMs: 5, wallMs: 1_795_000_000_000 }],
  });
  await again.close();
});

test('an entry that makes no sense costs none of the others', async (t) => {
  const folder = await temporaryFolder(t);
  const data = { asked: [{ n: 'three' }, { n: 3 }, 5], readings: [null, { ran: 1, wall: 2 }] };
  const crc = crc32(JSON.stringify(data)).toString(16).padStart(8, '0');
  await writeFile(join(folder, 'deletions.json'), JSON.stringify({ v: 1, crc, data }));

  const store = await openDeletionStore(folder, silent(t));

  t.deepEqual(store.initial, {
    asked: [{ conversation: 3, waiting: [], deleted: 0, kept: 0 }],
    readings: [{ ranMs: 1, wallMs: 2 }],
  });
  await store.close();
});

test('what could not be asked is not asked after all when something else is written', async (t) => {
  const folder = await temporaryFolder(t);
  const store = await openDeletionStore(folder, silent(t));
  await rename(folder, `${folder}.away`);
  await t.throwsAsync(store.saveAsked([ASKED]), { code: 'storage_failed' });
  await rename(`${folder}.away`, folder);

  await store.saveReadings([{ ranMs: 5, wallMs: 6 }]);
  await store.close();

  const again = await openDeletionStore(folder, silent(t));
  t.deepEqual(again.initial, { asked: [], readings: [{ ranMs: 5, wallMs: 6 }] });
  await again.close();
});
