/**
 * Three daemons on a real overlay: friends are made, links are cut and healed, a friend relays, and everything
 * arrives, once. Needs root. `--plain` runs it without an overlay.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lab, LabDaemon, takeDownWhenTold } from './lab.ts';

/** Yggdrasil may take a minute to come back after a cut, and our own retries come on top. */
const PATIENCE_MS = 180_000;
const LOOK_EVERY_MS = 500;
const BATCH = 5;

const mode = process.argv.includes('--plain') ? '--plain' : '--yggdrasil';
const folder = await mkdtemp(join(tmpdir(), 'vestnik-overlay-'));
const daemons: LabDaemon[] = [];
process.env['OVERLAY_LAB'] ??= 'vestnik';
takeDownWhenTold();

try {
  await lab('up', '3', mode);
  await converse();
  console.log(`all arrived, once (${mode})`);
} finally {
  await Promise.allSettled(daemons.map((daemon) => daemon.stop()));
  await lab('down');
  await rm(folder, { recursive: true });
}

async function converse(): Promise<void> {
  const [ann, boris, carol] = await Promise.all([
    startDaemon(1, 'Ann'),
    startDaemon(2, 'Boris'),
    startDaemon(3, 'Carol'),
  ]);
  await step('three friends', async () => {
    await befriend(ann, boris);
    await befriend(ann, carol);
    await befriend(boris, carol);
  });
  await step('they talk', async () => {
    await Promise.all([say(ann, boris, 'talk-a'), say(boris, ann, 'talk-b')]);
    await arrives(ann, boris, 'talk-a');
    await arrives(boris, ann, 'talk-b');
  });
  await step(
    'what is written while the friend is cut off arrives when the link heals',
    async () => {
      await lab('cut', '2', '--silent');
      await say(ann, boris, 'cut');
      await lab('heal', '2');
      await arrives(ann, boris, 'cut');
    },
  );
  await step('a friend carries what is written while the two never meet', async () => {
    await ann.run('change', carol.address, '--relay', 'on');
    await ann.run('change', boris.address, '--relay-plain', 'on');
    await lab('cut', '2', '--silent');
    await say(ann, boris, 'relay');
    await eventually('the relay has it', () => isCarried(ann, boris, 'relay'));
    await lab('cut', '1', '--silent');
    await lab('heal', '2');
    await arrives(ann, boris, 'relay');
  });
  await step('a daemon that was restarted has everything, and nothing twice', async () => {
    await lab('heal', '1');
    await boris.stop();
    await boris.start('Boris');
    await say(boris, ann, 'end-b');
    await say(ann, boris, 'end-a');
    await arrives(boris, ann, 'end-b');
    await arrives(ann, boris, 'end-a');
    await expectOnce(boris, ann, ['talk-a', 'cut', 'relay', 'end-a']);
    await expectOnce(ann, boris, ['talk-b', 'end-b']);
  });
  for (const daemon of daemons) await daemon.stop();
}

async function startDaemon(host: number, nick: string): Promise<LabDaemon> {
  const address = await lab('addr', String(host));
  const daemon = new LabDaemon(host, address, join(folder, nick));
  daemons.push(daemon);
  await daemon.start(nick);
  return daemon;
}

async function befriend(asking: LabDaemon, asked: LabDaemon): Promise<void> {
  await asking.run('add', asked.address);
  await eventually('the request comes', () => asked.hasContact(asking, 'request'));
  await asked.run('accept', asking.address);
  await eventually('the contact is there', () => asking.hasContact(asked, 'established'));
}

async function say(from: LabDaemon, to: LabDaemon, topic: string): Promise<void> {
  for (let i = 0; i < BATCH; i++) await from.run('send', to.address, `${topic} ${i}`);
}

/** Waits until a batch is there, in order. */
async function arrives(author: LabDaemon, to: LabDaemon, topic: string): Promise<void> {
  await eventually(`"${topic}" arrives`, async () => {
    return (await heard(to, author, topic)).length >= BATCH;
  });
  assert.deepEqual(await heard(to, author, topic), inOrder(topic));
}

async function expectOnce(
  at: LabDaemon,
  author: LabDaemon,
  topics: readonly string[],
): Promise<void> {
  for (const topic of topics) assert.deepEqual(await heard(at, author, topic), inOrder(topic));
  const incoming = (await at.conversation(author)).filter(({ direction }) => direction === 'in');
  assert.equal(incoming.length, topics.length * BATCH);
}

async function heard(at: LabDaemon, author: LabDaemon, topic: string): Promise<readonly string[]> {
  const messages = await at.conversation(author);
  return messages
    .filter(({ direction, message }) => direction === 'in' && message.startsWith(`${topic} `))
    .map(({ message }) => message);
}

async function isCarried(author: LabDaemon, to: LabDaemon, topic: string): Promise<boolean> {
  const messages = await author.conversation(to);
  return messages
    .filter(({ message }) => message.startsWith(`${topic} `))
    .every(({ state }) => state === 'relayed');
}

function inOrder(topic: string): readonly string[] {
  return Array.from({ length: BATCH }, (_, index) => `${topic} ${index}`);
}

async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not so after ${PATIENCE_MS} ms: ${what}`);
    await wait(LOOK_EVERY_MS);
  }
}

async function step(title: string, run: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  await run();
  console.log(`ok ${title} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`);
}
