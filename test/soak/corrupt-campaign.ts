/** Row 13: random bytes of a data folder are spoilt, and it must open all the same. */
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StorageError } from '../../storage/errors.ts';
import type { OnNotice } from '../../storage/notice.ts';
import { segmentName } from '../../storage/segment.ts';
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
/** Files over which the history is spread, so that most of them are sealed. */
const SEGMENTS = 4;
const SEGMENT = /^history.(\d+)\.jsonl$/;
/** What tells the owner that messages are missing. */
const TOLD: readonly string[] = ['journal_damaged', 'journal_repaired', 'journal_missing'];
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
  const last = texts.length - 1;
  try {
    await daemon.api.post('/api/contacts', { address: CAROL });
    await daemon.api.post('/api/contacts', { address: BOB });
    await daemon.api.patch('/api/me', { nick: 'Alicia' });
    for (const text of texts.slice(0, last)) await daemon.api.send(BOB, text);
    await daemon.kill();
    await addSessions(folder);
    await splitHistory(join(folder, 'history'));
    // Whatever is derived from sealed files is made at start, and room for lines to come at a write.
    await daemon.start();
    for (const text of texts.slice(last)) await daemon.api.send(BOB, text);
  } finally {
    await daemon.kill();
  }
  return { folder, texts };
}

/** Spreads the lines of the only segment over several, as if it had been full again and again. */
async function splitHistory(folder: string): Promise<void> {
  // Behind the last line there is room, which is as many empty ones.
  const text = (await readFile(join(folder, segmentName(1)), 'utf8')).trimEnd();
  const lines = `${text}\n`.split(/(?<=\n)/);
  const perFile = Math.ceil(lines.length / SEGMENTS);
  for (let number = 1; number <= SEGMENTS; number++) {
    const some = lines.slice((number - 1) * perFile, number * perFile);
    await writeFile(join(folder, segmentName(number)), some.join(''), { mode: 0o600 });
  }
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
  const number = Number(SEGMENT.exec(file)?.[1] ?? NaN);
  const faults = await judge(copy, template.texts, {
    mayRefuse: IRREPLACEABLE.includes(file),
    lostMax: Number.isNaN(number) ? 0 : linesHit(before, damage),
    isToldIfLost: !isAtAnEnd(number, before, damage),
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
  // The history is what matters most.
  const isHistory = random.fraction() < 0.3;
  const [first, ...rest] = isHistory ? files.filter((file) => SEGMENT.test(file)) : files;
  if (first === undefined) throw new Error('an empty folder can not be damaged');
  return random.pick([first, ...rest]);
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

/** What ends before its end, or begins after its beginning, can't be told from what never was more. */
function isAtAnEnd(segment: number, { byteLength }: Buffer, { start, end }: Damage): boolean {
  return (segment === SEGMENTS && end === byteLength) || (segment === 1 && start === 0);
}

type Expected = Readonly<{
  mayRefuse: boolean;
  lostMax: number;
  /** The owner is told if anything is lost. */
  isToldIfLost: boolean;
  contactsMin: number;
}>;
type Found = Readonly<{
  texts: readonly string[];
  contacts: number;
  notices: readonly string[];
}>;

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
  { texts: found, contacts, notices }: Found,
  { lostMax, isToldIfLost, contactsMin }: Omit<Expected, 'mayRefuse'>,
): readonly string[] {
  const places = found.map((text) => texts.indexOf(text));
  const lost = texts.length - found.length;
  const isTold = notices.some((code) => TOLD.includes(code));
  return [
    ...(places.includes(-1) ? ['a message was made up'] : []),
    ...(new Set(found).size < found.length ? ['a message is there twice'] : []),
    ...(places.some((place, index) => index > 0 && place < (places[index - 1] ?? 0))
      ? ['messages are out of order']
      : []),
    ...(lost > lostMax ? [`${lost} messages are lost, ${lostMax} were hit`] : []),
    ...(lost > 0 && isToldIfLost && !isTold ? [`${lost} messages are lost in silence`] : []),
    ...(contacts < contactsMin ? [`${contacts} contacts are left`] : []),
  ];
}

/** Opens the folder, reads the conversation, writes one message more if there is one. */
async function readAndAdd(folder: string, text: string | undefined): Promise<Found> {
  const notices: string[] = [];
  const stores = await open(folder, ({ code }) => notices.push(code));
  try {
    const conversation = stores.messages.conversationOf(BOB) ?? 2;
    const page = await stores.messages.page(conversation, { limit: 2 * MESSAGES });
    if (text !== undefined) await stores.messages.add([compose(conversation, text)]);
    return {
      texts: page.map((message) => message.text),
      contacts: stores.contacts.initial.length,
      notices,
    };
  } finally {
    await stores.close();
  }
}

function open(folder: string, onNotice: OnNotice): Promise<Stores> {
  return openStores({
    folder,
    journal: { fsync: 'never', intervalMs: 1000 },
    choices: { nick: '', status: 'online', settings: DEFAULT_SETTINGS },
    clock: systemClock,
    random: systemRandom,
    onNotice,
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
