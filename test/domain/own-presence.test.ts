/** What contacts see of the owner's being there: daemons in one process, over the real protocol. */
import test, { type ExecutionContext } from 'ava';
import { toShow } from '../../daemon/domain/own-presence.ts';
import type { OwnStatus, PresenceSharing } from '../../daemon/wire/gui-api.ts';
import { contactAt } from '../helpers/peer-world.ts';
import {
  befriendInWorld,
  endWith,
  SimulatedWorld,
  type SimulatedDaemon,
} from '../helpers/simulated-world.ts';

async function startPair(t: ExecutionContext) {
  const world = new SimulatedWorld();
  const [anna, boris] = [world.add('Anna'), world.add('Boris')];
  endWith(t, anna, boris);
  await befriendInWorld(world, anna, boris);
  return { world, anna, boris };
}

/** What one sees of the other. */
function seen(one: SimulatedDaemon, other: SimulatedDaemon) {
  const { presence, sharing } = one.domain.presence.of(one.contact(other));
  return { presence, sharing };
}

function sees(one: SimulatedDaemon, other: SimulatedDaemon, presence: string) {
  return () => seen(one, other).presence === presence;
}

const SHOWN: readonly (readonly [OwnStatus, PresenceSharing, string, boolean])[] = [
  ['online', 'full', 'online', true],
  ['busy', 'full', 'busy', true],
  ['busy', 'no_last_seen', 'busy', false],
  ['invisible', 'full', 'hidden', true],
  ['online', 'nothing', 'hidden', false],
];

for (const [own, sharesPresence, status, showsLastSeen] of SHOWN) {
  test(`an owner who is ${own} shows ${status} to whoever sees ${sharesPresence}`, (t) => {
    const contact = contactAt('127.0.0.9:5000', { sharesPresence });

    t.deepEqual(toShow(contact, own), { status, showsLastSeen });
  });
}

test('whoever is busy is seen as busy until it is over', async (t) => {
  const { world, anna, boris } = await startPair(t);

  await anna.domain.owner.change({ status: 'busy' });
  await world.until(sees(boris, anna, 'busy'), 10_000);
  await anna.domain.owner.change({ status: 'online' });
  await world.until(sees(boris, anna, 'online'), 10_000);

  t.deepEqual(seen(boris, anna), { presence: 'online', sharing: 'full' });
});

test('whoever is invisible looks away, and is told messages all the same', async (t) => {
  const { world, anna, boris } = await startPair(t);

  await anna.domain.owner.change({ status: 'invisible' });
  await world.until(sees(boris, anna, 'offline'), 10_000);
  await boris.write(anna, 'are you there?');
  await world.until(() => boris.isRestingWith(anna), 10_000);

  t.deepEqual(seen(boris, anna), { presence: 'offline', sharing: 'nothing' });
  t.is(boris.domain.presence.of(boris.contact(anna)).lastAttempt, undefined);
  t.is(boris.domain.presence.reachable, 0);
  t.deepEqual(await anna.textsOf(boris), ['are you there?']);
});

test('one contact sees nothing while another sees everything', async (t) => {
  const { world, anna, boris } = await startPair(t);
  const carol = world.add('Carol');
  endWith(t, carol);
  await befriendInWorld(world, anna, carol);

  await anna.domain.contacts.change(boris.address, { sharesPresence: 'nothing' });
  await world.until(sees(boris, anna, 'offline'), 10_000);

  t.deepEqual(seen(carol, anna), { presence: 'online', sharing: 'full' });
});

test('since when somebody is away can be kept from a contact', async (t) => {
  const { world, anna, boris } = await startPair(t);

  await anna.domain.contacts.change(boris.address, { sharesPresence: 'no_last_seen' });
  await world.until(() => seen(boris, anna).sharing === 'no_last_seen', 10_000);

  t.is(seen(boris, anna).presence, 'online');
});

test('a contact that was away is told when it is back, also after a restart on both sides', async (t) => {
  const { world, anna, boris } = await startPair(t);

  boris.kill();
  await world.until(sees(anna, boris, 'offline'));
  await anna.domain.owner.change({ status: 'busy' });
  await world.clock.pass(60_000);
  boris.start();
  await world.until(sees(boris, anna, 'busy'));
  await boris.domain.contacts.flush();
  boris.kill();
  boris.start();
  await world.until(() => boris.domain.presence.isOnline(boris.contact(anna)));

  t.is(seen(boris, anna).presence, 'busy');
});

test('changing one’s mind again and again is told once', async (t) => {
  const { world, anna, boris } = await startPair(t);
  await world.clock.pass(5_000);
  world.heard.length = 0;

  for (const status of ['busy', 'online', 'invisible', 'busy'] as const) {
    await anna.domain.owner.change({ status });
  }
  await world.until(sees(boris, anna, 'busy'), 10_000);
  await world.clock.pass(5_000);

  const told = world.heard.filter(({ from, body }) => from === anna.address && isEncrypted(body));
  t.is(told.length, 1);
});

test('up to where an owner has read is not told to whom it does not show itself', async (t) => {
  const { world, anna, boris } = await startPair(t);
  await anna.domain.owner.change({ settings: { read_receipts: true } });
  await boris.write(anna, 'secret?');
  await world.until(() => boris.isRestingWith(anna), 10_000);
  const last = anna.messages.lastS;

  await anna.domain.owner.change({ status: 'invisible' });
  await anna.domain.conversations.markRead(boris.address, last);
  await world.clock.pass(60_000);
  const [message] = await boris.domain.conversations.page(anna.address, { limit: 10 });

  t.is(message?.state, 'delivered');
});

function isEncrypted(body: string): boolean {
  return body.includes('"enctype":"dr1"');
}
