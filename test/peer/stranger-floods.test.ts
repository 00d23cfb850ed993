import { createHash } from 'node:crypto';
import test from 'ava';
import { PARKED_MAX } from '../../daemon/domain/contact-requests.ts';
import { splitAddress } from '../../daemon/wire/address.ts';
import { bogusHandshake } from '../helpers/bogus-handshake.ts';
import { FakeClock } from '../helpers/fake-clock.ts';
import { befriendInMemory, happens, startMemoryDaemon } from '../helpers/memory-daemon.ts';
import { post } from '../helpers/peer-world.ts';

test('row 20: bogus handshakes cost no public-key operation, and a contact is heard meanwhile', async (t) => {
  const HANDSHAKES = 300;
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const bob = await startMemoryDaemon(t, { host: '127.0.0.3' });
  await befriendInMemory(bob, alice);
  const { port } = splitAddress(alice.address);
  const { generated, agreed } = alice.dh;

  const flood = Array.from({ length: HANDSHAKES }, (_, i) =>
    post(
      { port, host: '127.0.0.2' },
      { body: bogusHandshake(`127.0.0.1:${5_000 + i}`), from: `127.0.1.${i % 10}` },
    ),
  );
  await bob.conversations.send(alice.address, [{ text: 'hello' }]);
  const contact = alice.contacts.require(bob.address);
  await happens(alice, () => alice.conversations.unread(contact) === 1);
  const answers = await Promise.all(flood);

  t.is(answers.filter(({ status }) => status === 200).length, HANDSHAKES);
  t.is(alice.contacts.requests().length, PARKED_MAX);
  // What Bob and his first messages cost, three hundred strangers do not add to.
  t.true(alice.dh.agreed - agreed <= 6, `${alice.dh.agreed - agreed}`);
  t.true(alice.dh.generated - generated <= 3, `${alice.dh.generated - generated}`);
  t.deepEqual(alice.defects, []);
});

test('row 20: handshakes alone cost none at all, and are cut off at the rate of strangers', async (t) => {
  const clock = new FakeClock();
  const alice = await startMemoryDaemon(t, {
    host: '127.0.0.2',
    clock,
    strangerOf: (host) => host,
    lag: { ms: 0 },
  });
  const { port } = splitAddress(alice.address);
  const { generated, agreed } = alice.dh;

  const heard: number[] = [];
  for (let i = 0; i < 200; i++) {
    const posted = { body: bogusHandshake(`127.0.0.1:${5_000 + i}`), from: `127.0.1.${i % 10}` };
    const { status } = await post({ port, host: '127.0.0.2' }, posted);
    if (status === 200) heard.push(i);
    else t.is(status, 429);
  }

  // Five of each of the ten.
  t.deepEqual(
    heard,
    Array.from({ length: 50 }, (_, i) => i),
  );
  t.deepEqual([alice.dh.generated, alice.dh.agreed], [generated, agreed]);
});

test('row 19: nothing is carried for strangers', async (t) => {
  const alice = await startMemoryDaemon(t, { host: '127.0.0.2' });
  const carol = await startMemoryDaemon(t, { host: '127.0.0.4' });
  await befriendInMemory(carol, alice);
  const { port } = splitAddress(alice.address);
  const envelope = (i: number): string =>
    JSON.stringify({
      action: 'resend',
      from: '127.0.0.1:5000',
      to: carol.address,
      message: 'x'.repeat(1_000),
      timestamp: 1_763_640_000 + i,
      enctype: i % 2 === 0 ? '' : 'dr1',
      key: createHash('sha256').update(String(i)).digest('base64url'),
    });

  // A listener takes 512 connections at once and cuts what is more.
  for (let begun = 0; begun < 1_000; begun += 200) {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, i) =>
        post({ port, host: '127.0.0.2' }, { body: envelope(begun + i) }),
      ),
    );
    t.true(answers.every(({ json }) => JSON.stringify(json) === '{"status":0}'));
  }
  t.deepEqual(alice.relay.ledger(), []);
});
