import { setImmediate as turn } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { DomainEvents } from '../../daemon/domain/events.ts';
import { Outbox } from '../../daemon/domain/outbox.ts';
import { Writing } from '../../daemon/domain/writing.ts';
import { openMessageStore } from '../../daemon/stores/message-store.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { FakeClock, fakeRandom } from '../helpers/fake-clock.ts';
import { contactAt } from '../helpers/peer-world.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const BOB = contactAt('127.0.0.9:5000', {});
/** So many are worth that a friend at rest begins with them. */
const START = 8;

/** With a journal, since it is about when that has what. */
async function startWriting(t: ExecutionContext) {
  const messages = await openMessageStore({
    journal: { folder: await temporaryFolder(t), fsync: 'never' },
    onNotice: ({ message }) => t.fail(message),
  });
  t.teardown(() => messages.close());
  const shared = { messages, events: new DomainEvents(), clock: new FakeClock() };
  const contacts = { byNumber: () => BOB, require: () => BOB };
  const random = fakeRandom();
  const outbox = new Outbox({ ...shared, contacts, random, expireDays: 30 });
  const own = {
    toldTo: () => parseAddress('127.0.0.1:5000'),
    isOwn: () => false,
    isLoopbackAllowed: true,
  };
  const writing = new Writing({ ...shared, contacts, random, outbox, own });
  const post = (text: string) => writing.send(BOB.address, [{ text }]);
  // Where several came last time, a journal waits for company.
  await Promise.all([post('first'), post('second')]);
  return { outbox, post };
}

/** Posts of one turn, as many as `count`. @returns How many of them wait for the friend when the turn is over. */
async function postAndLook(
  { outbox, post }: Awaited<ReturnType<typeof startWriting>>,
  count: number,
): Promise<number> {
  const before = outbox.size;
  const posts: Promise<unknown>[] = [];
  // Called in one turn, one after the other, as requests of several connections are.
  const looked = Array.from({ length: count }, async () => {
    await turn();
    posts.push(post('of a crowd'));
  });
  await Promise.all(looked);
  const size = outbox.size - before;
  await Promise.all(posts);
  return size;
}

test('a friend at rest gets the first of a crowd of messages before the rest of them is taken', async (t) => {
  const world = await startWriting(t);
  for (const one of world.outbox.waitingFor(BOB)) world.outbox.take(BOB, one.s);

  t.is(await postAndLook(world, START + 4), START);
});

test('fewer of them go out together', async (t) => {
  const world = await startWriting(t);
  for (const one of world.outbox.waitingFor(BOB)) world.outbox.take(BOB, one.s);

  t.is(await postAndLook(world, START - 1), 0);
});

test('a friend who has something to do waits for all of them', async (t) => {
  const world = await startWriting(t);

  t.is(await postAndLook(world, START + 4), 0);
});
