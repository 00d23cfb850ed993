/** Two simulated daemons that know each other, and what they say to each other. */
import { befriendInWorld, SimulatedWorld, type SimulatedDaemon } from './simulated-world.ts';

/** Two who are friends and have greeted each other. */
export async function startTalkingPair() {
  const world = new SimulatedWorld();
  const [alice, bob] = [world.add('alice'), world.add('bob')];
  await befriendInWorld(world, alice, bob);
  await talk(world, alice, bob, 'hello');
  return { world, alice, bob };
}

/** One message each way, until both know that it arrived. */
export async function talk(
  world: SimulatedWorld,
  one: SimulatedDaemon,
  other: SimulatedDaemon,
  name: string,
): Promise<void> {
  await one.write(other, `${name} from ${one.name}`);
  await other.write(one, `${name} from ${other.name}`);
  await world.until(
    async () => (await one.isRestingWith(other)) && (await other.isRestingWith(one)),
  );
}

/** Ends them in the hardest way. */
export function end(...daemons: readonly SimulatedDaemon[]): void {
  for (const daemon of daemons) daemon.kill();
}
