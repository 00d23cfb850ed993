/** How two come to know each other's identity, however their first words meet. */
import test from 'ava';
import { parseContactLink } from '../../daemon/wire/contact-link.ts';
import { SimulatedWorld, type SimulatedDaemon } from '../helpers/simulated-world.ts';

const SEEDS = process.env['VESTNIK_LONG_TESTS'] === '1' ? 2_000 : 12;

async function talk(
  world: SimulatedWorld,
  one: SimulatedDaemon,
  other: SimulatedDaemon,
): Promise<void> {
  await one.write(other, `from ${one.name}`);
  await other.write(one, `from ${other.name}`);
  await world.until(
    async () => (await one.isRestingWith(other)) && (await other.isRestingWith(one)),
  );
}

function end(...daemons: readonly SimulatedDaemon[]): void {
  for (const daemon of daemons) daemon.kill();
}

test('row 7: two who add each other at once, on a slow network that loses and repeats, are encrypted friends with one session', async (t) => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new SimulatedWorld({ seed, writeMs: 1 });
    const [alice, bob] = [world.add('alice'), world.add('bob')];
    world.wire = {
      fate: () => ({
        isRequestLost: world.random.fraction() < 0.2,
        isAnswerLost: world.random.fraction() < 0.2,
        delayMs: Math.floor(world.random.fraction() * 200),
        ...(world.random.fraction() < 0.3 ? { repeatedAfterMs: 300 } : {}),
      }),
    };
    await world.during(
      Promise.all([
        alice.domain.contacts.add({ address: bob.address }),
        bob.domain.contacts.add({ address: alice.address }),
      ]),
    );
    await world.clock.pass(Math.floor(world.random.fraction() * 30_000));
    world.wire = {};
    await world.until(
      () => alice.contact(bob).encryption === 'dr1' && bob.contact(alice).encryption === 'dr1',
    );
    await talk(world, alice, bob);
    await talk(world, alice, bob);

    t.is(alice.sessionWith(bob), bob.sessionWith(alice), `seed ${seed}`);
    t.is(alice.contact(bob).key, bob.contact(alice).issuedKey, `seed ${seed}`);
    t.is(bob.contact(alice).key, alice.contact(bob).issuedKey, `seed ${seed}`);
    t.is(alice.contact(bob).candidate ?? bob.contact(alice).candidate, undefined);
    t.deepEqual([...alice.defects, ...bob.defects], []);
    end(alice, bob);
  }
});

test('whom a contact link brought together trusts the other as invited, on both sides, and the link is used up', async (t) => {
  const world = new SimulatedWorld();
  const [alice, bob, carol] = [world.add('alice'), world.add('bob'), world.add('carol')];
  const { link } = await world.during(bob.domain.links.issue());

  for (const guest of [alice, carol]) {
    await world.during(guest.domain.links.add(parseContactLink(link), {}));
    await world.until(() => bob.domain.contacts.request(guest.address) !== undefined);
    await world.during(bob.domain.contacts.accept(guest.address));
    await world.until(() => guest.sessionWith(bob) !== undefined);
    await talk(world, guest, bob);
  }

  t.is(alice.contact(bob).trust, 'invited');
  t.is(bob.contact(alice).trust, 'invited');
  t.is(carol.contact(bob).trust, 'invited');
  t.is(bob.contact(carol).trust, 'tofu');
  end(alice, bob, carol);
});

test('row 5: whoever answers at the address of a contact link is nobody to us unless the link names him', async (t) => {
  const world = new SimulatedWorld();
  const [alice, bob, mallory] = [world.add('alice'), world.add('bob'), world.add('mallory')];
  const { link } = await world.during(bob.domain.links.issue());
  world.wire = {
    alter: (request) => {
      if (request.to === bob.address) return { ...request, to: mallory.address };
      return request.from === mallory.address
        ? {
            ...request,
            from: bob.address,
            body: request.body.replace(mallory.address, bob.address),
          }
        : request;
    },
  };
  await world.during(alice.domain.links.add(parseContactLink(link), {}));
  await world.during(mallory.domain.contacts.add({ address: alice.address }));
  await world.clock.pass(120_000);
  await alice.write(bob, 'for Bob alone');
  await world.clock.pass(120_000);

  t.is(alice.contact(bob).identity, undefined);
  t.not(alice.contact(bob).candidate, undefined);
  t.false(JSON.stringify(world.heard).includes('for Bob alone'));
  t.false(JSON.stringify(world.heard).includes(link.slice(-22)));

  world.wire = {};
  await world.during(alice.domain.trust.dismiss(bob.address));
  await world.during(alice.domain.links.add(parseContactLink(link), {}));
  await world.until(() => bob.domain.contacts.request(alice.address) !== undefined);
  await world.during(bob.domain.contacts.accept(alice.address));
  await world.until(() => alice.isRestingWith(bob));
  t.deepEqual(await bob.textsOf(alice), ['for Bob alone']);
  end(alice, bob, mallory);
});
