/** The damage campaign: random bytes of a data folder are spoilt, and it must open all the same. */
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../storage/errors.ts';
import type { NewMessage } from '../../daemon/domain/model.ts';
import { openStores, type Stores } from '../../daemon/stores/open-stores.ts';
import { openSessionStore } from '../../daemon/stores/session-store.ts';
import { systemClock, systemRandom } from '../../daemon/system.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { DaemonProcess } from '../helpers/daemon-process.ts';
import { EvolvingSessions } from '../helpers/evolving-sessions.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';
import { DEFAULT_SETTINGS } from '../helpers/memory-stores.ts';

/** Bytes that one damage hits at most. */
const RANGE_MAX_BYTES = 300;
const KINDS = ['flip', 'zero', 'double', 'cut', 'empty', 'remove'] as const;
const MESSAGES = 40;
const BOB = parseAddress('127.0.0.9:4999');
const CAROL = parseAddress('127.0.0.8:4999');
const ADDRESS_BOOK = 'contacts.json';
const HISTORY = join('history', '000001.jsonl');
/** Nothing stands for the owner's secrets but themselves: then the daemon says what to do. */
const IRREPLACEABLE = ['api-token', 'identity.json'];
const ADVICE: readonly string[] = ['document_damaged', 'identity_damaged', 'identity_missing'];
const LINE_END = 0x0a;

export type DamageKind = (typeof KINDS)[number];

/** What one seed did to which file, and what came of it. */
export type CorruptionReport = Readonly<{
  seed: number;
  kind: DamageKind;
  file: string;
  /** What should not be so; empty when all is well. */
  faults: readonly string[];
}>;

/** A data folder that has been in use, and what must be found in it. */
export type CorruptTemplate = Readonly<{ folder: string; texts: readonly string[] }>;

/** Uses a folder as a daemon does, and leaves it as after kill -9. */
export async function makeCorruptTemplate(folder: string): Promise<CorruptTemplate> {
  const daemon = await new DaemonProcess(folder, { nick: 'Alice' }).start();
  const texts = Array.from({ length: MESSAGES }, (_, index) => `message ${index}`);
  try {
    await daemon.api.post('/api/contacts', { address: CAROL });
    await daemon.api.post('/api/contacts', { address: BOB });
    await daemon.api.patch('/api/me', { nick: 'Alicia' });
    for (const text of texts) await daemon.api.send(BOB, text);
  } finally {
    await daemon.kill();
  }
  await addSessions(folder);
  return { folder, texts };
}

/** Leaves a `ratchet.log` as a daemon that was killed does, former states included. */
async function addSessions(folder: string): Promise<void> {
  const sessions = await openSessionStore({
    folder,
    sealKey: undefined,
    fsync: 'always',
    intervalMs: 1000,
    random: systemRandom,
    clock: systemClock,
    onNotice: () => undefined,
  });
  const evolving = new EvolvingSessions();
  for (const what of ['finishes', 'skips', 'sends', 'turns', 'sends'] as const) {
    await sessions.save(1, evolving.let(what));
  }
  await cp(join(folder, 'ratchet.log'), join(folder, 'ratchet.killed'));
  await sessions.close();
  await rename(join(folder, 'ratchet.killed'), join(folder, 'ratchet.log'));
}

/** Spoils a copy of the folder as the seed says, and opens it twice. The copy stays only if something is wrong. */
export async function runCorruption(
  template: CorruptTemplate,
  copy: string,
  seed: number,
): Promise<CorruptionReport> {
  const random = seededRandom(seed);
  await cp(template.folder, copy, { recursive: true });
  const file = await pickFile(copy, random);
  const before = await readFile(join(copy, file));
  const damage = chooseDamage(random, before);
  await apply(join(copy, file), damage);
  const faults = await judge(copy, template.texts, {
    mayRefuse: IRREPLACEABLE.includes(file),
    lostMax: file === HISTORY ? linesHit(before, damage) : 0,
    // Its last good copy is from before the last contact came.
    contactsMin: file === ADDRESS_BOOK ? 1 : 2,
  });
  if (faults.length === 0) await rm(copy, { recursive: true });
  return { seed, kind: damage.kind, file, faults };
}

type Damage = Readonly<{
  kind: DamageKind;
  start: number;
  end: number;
  bytes: Buffer | undefined;
}>;

async function pickFile(folder: string, random: SeededRandom): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
  const [first, ...rest] = files;
  if (first === undefined) throw new Error('an empty folder can not be damaged');
  // The history is what matters most.
  return random.fraction() < 0.3 ? HISTORY : random.pick([first, ...rest]);
}

function chooseDamage(random: SeededRandom, before: Buffer): Damage {
  const kind = random.pick(KINDS);
  // Behind the lines of a log there is room, of which any byte is as good as another.
  const linesEnd = before.findLastIndex((byte) => byte !== LINE_END) + 1;
  const hittable = Math.min(before.byteLength, linesEnd + RANGE_MAX_BYTES);
  const start = random.between(0, Math.max(0, hittable - 1));
  const end = Math.min(before.byteLength, start + random.between(1, RANGE_MAX_BYTES));
  const range = before.subarray(start, end);
  const around = (middle: Buffer): Buffer =>
    Buffer.concat([before.subarray(0, start), middle, before.subarray(end)]);
  switch (kind) {
    case 'flip':
      return {
        kind,
        start,
        end,
        bytes: around(Buffer.from(range.map((byte) => byte ^ random.between(1, 255)))),
      };
    case 'zero':
      return { kind, start, end, bytes: around(Buffer.alloc(range.byteLength)) };
    case 'double':
      return { kind, start, end, bytes: around(Buffer.concat([range, range])) };
    case 'cut':
      return { kind, start, end: before.byteLength, bytes: before.subarray(0, start) };
    case 'empty':
      return { kind, start: 0, end: before.byteLength, bytes: Buffer.alloc(0) };
    case 'remove':
      return { kind, start: 0, end: before.byteLength, bytes: undefined };
  }
}

async function apply(path: string, { bytes }: Damage): Promise<void> {
  if (bytes === undefined) await rm(path);
  else await writeFile(path, bytes);
}

/** Lines of the journal that a damage can cost: those of which it hits a byte, and the one that runs into them. */
function linesHit(before: Buffer, { start, end }: Damage): number {
  return before.subarray(start, end).filter((byte) => byte === LINE_END).byteLength + 2;
}

type Expected = Readonly<{ mayRefuse: boolean; lostMax: number; contactsMin: number }>;
type Found = Readonly<{ texts: readonly string[]; contacts: number }>;

async function judge(
  folder: string,
  texts: readonly string[],
  { mayRefuse, ...expected }: Expected,
): Promise<readonly string[]> {
  try {
    const first = await readAndAdd(folder, 'added');
    const second = await readAndAdd(folder, undefined);
    const goesOn = second.texts.join() === [...first.texts, 'added'].join();
    return [...compare(texts, first, expected), ...(goesOn ? [] : ['what was added is not there'])];
  } catch (error) {
    const isAdvice = error instanceof StorageError && ADVICE.includes(error.code);
    return mayRefuse && isAdvice ? [] : [`does not open: ${String(error)}`];
  }
}

/** Nothing made up, nothing twice, nothing out of order, and no more lost than was hit. */
function compare(
  texts: readonly string[],
  { texts: found, contacts }: Found,
  { lostMax, contactsMin }: Omit<Expected, 'mayRefuse'>,
): readonly string[] {
  const places = found.map((text) => texts.indexOf(text));
  return [
    ...(places.includes(-1) ? ['a message was made up'] : []),
    ...(new Set(found).size < found.length ? ['a message is there twice'] : []),
    ...(places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0))
      ? ['messages are out of order']
      : []),
    ...(texts.length - found.length > lostMax
      ? [`${texts.length - found.length} messages are lost, ${lostMax} were hit`]
      : []),
    ...(contacts < contactsMin ? [`${contacts} contacts are left`] : []),
  ];
}

/** Opens the folder, reads the conversation, writes one message more if there is one. */
async function readAndAdd(folder: string, text: string | undefined): Promise<Found> {
  const stores = await open(folder);
  try {
    const conversation = stores.messages.conversationOf(BOB) ?? 2;
    const page = await stores.messages.page(conversation, { limit: 2 * MESSAGES });
    if (text !== undefined) await stores.messages.add([compose(conversation, text)]);
    return {
      texts: page.map((message) => message.text),
      contacts: stores.contacts.initial.length,
    };
  } finally {
    await stores.close();
  }
}

function open(folder: string): Promise<Stores> {
  return openStores({
    folder,
    journal: { fsync: 'never', intervalMs: 1000 },
    choices: { nick: '', settings: DEFAULT_SETTINGS },
    clock: systemClock,
    random: systemRandom,
    onNotice: () => undefined,
    onDiskChange: () => undefined,
  });
}

function compose(conversation: number, text: string): NewMessage {
  const at = systemClock.nowMs();
  return {
    conversation,
    id: text,
    direction: 'out',
    from: BOB,
    to: BOB,
    text,
    wireTimestamp: new Date(at).toISOString(),
    timestamp: at,
    receivedAt: at,
    enctype: '',
    sequence: undefined,
    via: undefined,
  };
}
