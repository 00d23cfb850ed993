/** Two daemons that talk while the network loses, delays and repeats what they say, and now and then one of them dies. */
import { seededRandom, type SeededRandom } from '../soak/seeded-random.ts';
import {
  befriendInWorld,
  SimulatedWorld,
  type Carried,
  type Fate,
  type SimulatedDaemon,
} from './simulated-world.ts';

const HOUR_MS = 3_600_000;
const STEPS_MIN = 4;
const STEPS_MAX = 14;
const PAUSES_MS = [0, 1, 5, 40, 300, 2_000, 20_000, 700_000] as const;
const ABSENCES_MS = [0, 100, 8_000, 120_000] as const;
const DELAYS_MS = [0, 0, 3, 50, 1_500] as const;
const REPEATS_MS = [1, 100, 6_000, 60_000] as const;

/** How it went. */
export type Aftermath = Readonly<{
  /** What one wrote and the other shows differently: a sentence each. */
  faults: readonly string[];
  /** Handshakes that left once the network was good again. */
  handshakesAfter: number;
}>;

/** Lets a seed decide everything, then makes the network good and waits until both are at rest. */
export async function runStormyConversation(seed: number): Promise<Aftermath> {
  const random = seededRandom(seed);
  const world = new SimulatedWorld({ seed, writeMs: 1 });
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  // In half of the storms a friend carries, who may die as well.
  const relay = random.fraction() < 0.5 ? await addRelay(world, alice, bob) : undefined;
  const badness = random.fraction();
  // Some never reach each other but past that friend, not even when the storm is over.
  const areApart = relay !== undefined && random.fraction() < 0.5;
  const isCut = ({ from, to }: Carried): boolean =>
    areApart && [from, to].every((end) => end === alice.address || end === bob.address);
  world.wire = {
    fate: (request) => (isCut(request) ? { isRequestLost: true } : fateOf(random, badness)),
  };
  const written = { alice: [] as string[], bob: [] as string[] };
  for (let left = random.between(STEPS_MIN, STEPS_MAX); left > 0; left--) {
    if (relay !== undefined && random.fraction() < 0.15) await restart(world, random, relay);
    const [one, other] = random.fraction() < 0.5 ? [alice, bob] : [bob, alice];
    const mine = one === alice ? written.alice : written.bob;
    await takeStep(world, random, one, async (texts) => {
      mine.push(...texts);
      await one.write(other, ...texts);
    });
  }
  world.wire = { fate: (request) => ({ isRequestLost: isCut(request) }) };
  const before = world.heard.length;
  const isAtRest = async (): Promise<boolean> => {
    // Whoever dies owes its acknowledgements to nobody any more; past a friend they come when the two meet.
    if (!areApart) return (await alice.isRestingWith(bob)) && (await bob.isRestingWith(alice));
    const [fromAlice, fromBob] = [await bob.textsOf(alice), await alice.textsOf(bob)];
    return fromAlice.length >= written.alice.length && fromBob.length >= written.bob.length;
  };
  const faults = [...(await comeToRest(world, isAtRest))];
  // Whatever came late, a word each way settles on which session they write.
  for (const [one, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    const text = `${one.name} after the storm`;
    (one === alice ? written.alice : written.bob).push(text);
    await one.write(other, text);
    faults.push(...(await comeToRest(world, isAtRest)));
  }
  if (alice.sessionWith(bob) !== bob.sessionWith(alice)) faults.push('they write on two sessions');
  const after = world.heard.slice(before).filter(({ body }) => isHs1(body));
  faults.push(
    ...(await compare(alice, bob, written.alice)),
    ...(await compare(bob, alice, written.bob)),
  );
  for (const daemon of [alice, bob, ...(relay === undefined ? [] : [relay])]) {
    faults.push(...daemon.defects.map((defect) => `${daemon.name}: ${String(defect)}`));
    daemon.kill();
  }
  return { faults, handshakesAfter: after.length };
}

function isHs1(body: string): boolean {
  return body.includes('"action":"handshake"') && body.includes('"e2e"');
}

function fateOf(random: SeededRandom, badness: number): Fate {
  if (random.fraction() > badness) return {};
  return {
    isRequestLost: random.fraction() < 0.3,
    isAnswerLost: random.fraction() < 0.3,
    delayMs: random.pick(DELAYS_MS),
    ...(random.fraction() < 0.3 ? { repeatedAfterMs: random.pick(REPEATS_MS) } : {}),
  };
}

async function takeStep(
  world: SimulatedWorld,
  random: SeededRandom,
  one: SimulatedDaemon,
  write: (texts: readonly string[]) => Promise<void>,
): Promise<void> {
  const chance = random.fraction();
  if (chance < 0.5) {
    const texts = Array.from(
      { length: random.between(1, 4) },
      () => `${one.name} ${world.heard.length} ${random.between(0, 2 ** 30)}`,
    );
    await write(texts);
  } else if (chance < 0.8) {
    await world.clock.pass(random.pick(PAUSES_MS));
  } else {
    await restart(world, random, one);
  }
}

async function restart(
  world: SimulatedWorld,
  random: SeededRandom,
  one: SimulatedDaemon,
): Promise<void> {
  one.kill();
  await world.clock.pass(random.pick(ABSENCES_MS));
  one.start();
}

/** A friend of both who carries for both. */
async function addRelay(
  world: SimulatedWorld,
  ...friends: readonly SimulatedDaemon[]
): Promise<SimulatedDaemon> {
  const relay = world.add('carol');
  for (const friend of friends) {
    await befriendInWorld(world, friend, relay);
    const change = friend.domain.contacts.change(relay.address, { canResend: true });
    await world.during(change);
  }
  return relay;
}

async function comeToRest(
  world: SimulatedWorld,
  isAtRest: () => Promise<boolean>,
): Promise<readonly string[]> {
  try {
    await world.until(isAtRest, 2 * HOUR_MS);
  } catch {
    return ['they did not come to rest'];
  }
  // Acknowledgements and greetings that are still on their way.
  await world.clock.pass(60_000);
  return [];
}

async function compare(
  writer: SimulatedDaemon,
  reader: SimulatedDaemon,
  written: readonly string[],
): Promise<readonly string[]> {
  const shown = await reader.textsOf(writer);
  const faults: string[] = [];
  const lost = written.filter((text) => !shown.includes(text));
  if (lost.length > 0) faults.push(`${reader.name} misses ${lost.length}`);
  if (new Set(shown).size !== shown.length) faults.push(`${reader.name} shows some twice`);
  if (shown.some((text) => !written.includes(text))) faults.push(`${reader.name} shows others`);
  const gaps = reader.domain.conversations.missing(reader.contact(writer));
  if (gaps.length > 0) faults.push(`${reader.name} shows gaps: ${JSON.stringify(gaps)}`);
  return faults;
}
