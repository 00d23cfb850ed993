/** Much that waits for somebody who is away: batches follow one another, and their order stays. */
import test from 'ava';
import type { ApiMessage } from '../../daemon/wire/gui-api.ts';
import { conversationPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';

const PER_REQUEST = 100;
/** More than the sender has in memory with all that came of them. */
const REQUESTS = 30;

/** All that came from somebody, in the order in which it is shown. */
async function incoming(daemon: DaemonProcess, other: DaemonProcess): Promise<readonly string[]> {
  const texts: string[] = [];
  for (let after = 0; ;) {
    const path = `${conversationPath(other.address)}?after=${after}&limit=200`;
    const page = (await daemon.api.get(path)).body as readonly ApiMessage[];
    texts.push(...page.filter(({ direction }) => direction === 'in').map(({ message }) => message));
    const last = page.at(-1);
    if (last === undefined) return texts;
    after = last.s;
  }
}

test('what waited in many batches comes in order and once, also when receiver and sender are killed in the middle', async (t) => {
  const alice = await startDaemonProcess(t, { nick: 'Alice' });
  const bob = await startDaemonProcess(t, { nick: 'Bob' });
  await befriend(alice, bob);
  await alice.api.send(bob.address, 'first');
  await eventually(async () => (await incoming(bob, alice)).length === 1);
  await bob.stop();
  const texts = ['first'];
  for (let i = 0; i < REQUESTS; i++) {
    const some = Array.from({ length: PER_REQUEST }, (_, index) => `${i}/${index}`);
    const messages = some.map((message) => ({ message }));
    const { status } = await alice.api.post(conversationPath(bob.address), { messages });
    t.is(status, 201);
    texts.push(...some);
  }

  await bob.start();
  await eventually(async () => (await incoming(bob, alice)).length > PER_REQUEST);
  await Promise.all([bob.kill(), alice.kill()]);
  await alice.start();
  await bob.start();
  await eventually(async () => (await incoming(bob, alice)).length >= texts.length);

  t.deepEqual(await incoming(bob, alice), texts);
  t.deepEqual([...alice.defects, ...bob.defects], []);
});
