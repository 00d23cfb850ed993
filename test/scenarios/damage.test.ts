import { mkdir, open, readdir, readFile, truncate, writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ApiStatus } from '../../daemon/wire/gui-api.ts';
import { startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { openSocket } from '../helpers/gui-world.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { makeCorruptTemplate, runCorruption } from '../soak/corrupt-campaign.ts';
import { freshSeed } from '../soak/seeded-random.ts';

/** As many as take a few seconds; `npm run soak -- corrupt` does more. */
const SPOILT_FOLDERS = 100;
const BOB = '127.0.0.9:4999';
const TEXTS = Array.from({ length: 30 }, (_, index) => `message ${index}`);

async function startWithHistory(t: ExecutionContext): Promise<DaemonProcess> {
  const daemon = await startDaemonProcess(t);
  await daemon.api.post('/api/contacts', { address: BOB });
  for (const text of TEXTS) await daemon.api.send(BOB, text);
  return daemon;
}

function segmentOf({ data }: DaemonProcess): string {
  return join(data, 'history', '000001.jsonl');
}

async function statusOf(t: ExecutionContext, { api }: DaemonProcess): Promise<ApiStatus> {
  const socket = await openSocket(t, api, [], {
    headers: { authorization: `Bearer ${api.token}` },
  });
  return (await socket.subscribe('_vestnik/status', 'dict')) as ApiStatus;
}

/** Flips a byte in the middle of the text of a message on disk. */
async function damage(path: string, text: string): Promise<void> {
  const place = (await readFile(path)).indexOf(`"${text}"`) + 2;
  const file = await open(path, 'r+');
  await file.write('\u0007', place);
  await file.close();
}

test('a damaged record costs that message alone, and the owner is told', async (t) => {
  const daemon = await startWithHistory(t);
  await daemon.kill();
  await damage(segmentOf(daemon), 'message 7');
  await damage(segmentOf(daemon), 'message 19');

  await daemon.start();

  const kept = TEXTS.filter((text) => text !== 'message 7' && text !== 'message 19');
  t.deepEqual(await daemon.api.texts(BOB), kept);
  const { notices } = await statusOf(t, daemon);
  t.true(notices.some(({ code }) => code === 'journal_damaged'));
  t.true((await readdir(join(daemon.data, 'quarantine'))).length > 0);
  await daemon.api.send(BOB, 'after the damage');
  t.deepEqual(await daemon.api.texts(BOB), [...kept, 'after the damage']);

  await daemon.stop();
  await daemon.start();
  t.deepEqual(await daemon.api.texts(BOB), [...kept, 'after the damage']);
});

test('a torn last line is cut off, and what was confirmed before it is there', async (t) => {
  const daemon = await startWithHistory(t);
  await daemon.kill();
  const whole = await readFile(segmentOf(daemon), 'utf8');
  const end = whole.lastIndexOf('\n', whole.length - 2);
  await truncate(segmentOf(daemon), end + 20);

  await daemon.start();

  const texts = await daemon.api.texts(BOB);
  t.deepEqual(texts, TEXTS.slice(0, texts.length));
  t.true(texts.length >= TEXTS.length - 1);
  const { notices } = await statusOf(t, daemon);
  t.true(notices.some(({ code }) => code === 'journal_repaired'));
  await daemon.api.send(BOB, 'after the cut');
  t.is((await daemon.api.texts(BOB)).at(-1), 'after the cut');
});

test('bytes in the journal that never were a record are passed over', async (t) => {
  const daemon = await startWithHistory(t);
  await daemon.kill();
  const whole = await readFile(segmentOf(daemon));
  const middle = whole.indexOf(0x0a, whole.length / 2) + 1;
  const junk = Buffer.concat([Buffer.alloc(5000), Buffer.from('\n{"s":1}\n[]\n\n')]);
  await writeFile(
    segmentOf(daemon),
    Buffer.concat([whole.subarray(0, middle), junk, whole.subarray(middle)]),
  );

  await daemon.start();

  t.deepEqual(await daemon.api.texts(BOB), TEXTS);
});

test('a damaged address book is set aside and its last good copy is used', async (t) => {
  const daemon = await startWithHistory(t);
  // A second writing, so that there is an older copy.
  await daemon.api.patch(`/api/contacts/${encodeURIComponent(BOB)}`, { nick: 'Bob' });
  await daemon.api.post('/api/contacts', { address: '127.0.0.10:4999' });
  await daemon.stop();
  await writeFile(join(daemon.data, 'contacts.json'), '{"127.0.0.9:4999": {"nick": "Bo');

  await daemon.start();

  t.is((await daemon.api.contact(BOB))?.nick, 'Bob');
  t.deepEqual(await daemon.api.texts(BOB), TEXTS);
  t.true((await statusOf(t, daemon)).notices.length > 0);
  t.true((await readdir(join(daemon.data, 'quarantine'))).length > 0);
});

test('row 13: whatever bytes of whatever file are spoilt, the folder opens and nothing is guessed', async (t) => {
  const seed = freshSeed();
  t.log(`seed ${seed}`);
  const folder = await temporaryFolder(t);
  const original = join(folder, 'original');
  await mkdir(original, { mode: 0o700 });
  const template = await makeCorruptTemplate(original);

  for (let next = seed; next < seed + SPOILT_FOLDERS; next++) {
    const report = await runCorruption(template, join(folder, String(next)), next);
    t.deepEqual(report, { ...report, faults: [] });
  }
});

test('a history that was removed is missed aloud, and the daemon goes on', async (t) => {
  const daemon = await startWithHistory(t);
  const last = (await daemon.api.messages(BOB)).at(-1);
  await daemon.api.post(`/api/conversations/${encodeURIComponent(BOB)}/read`, { upTo: last?.s });
  await daemon.stop();
  await rm(join(daemon.data, 'history'), { recursive: true });

  await daemon.start();

  const { notices } = await statusOf(t, daemon);
  t.deepEqual(
    notices.map(({ code }) => code),
    ['journal_missing'],
  );
  await daemon.api.send(BOB, 'from the start again');
  t.deepEqual(await daemon.api.texts(BOB), ['from the start again']);
});
