/** Daemons on hosts of their own, whose network can be broken. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DaemonOptions } from '../helpers/daemon-process.ts';
import { LabNetwork, type LabHost } from '../helpers/lab-network.ts';
import { runCommand } from '../helpers/run-command.ts';
import { startFleet, type Fleet, type Member } from './fleet.ts';

/** A GUI that is not on loopback wants one. */
const PASSWORD = 'only the test gets in';

export type LabFleet = Readonly<{
  lab: LabNetwork;
  /** Where each of the fleet lives, in the same order. */
  hosts: readonly LabHost[];
  fleet: Fleet;
}>;

/** Must run in a network namespace of its own. `options` are those of each of them. */
export async function startLabFleet(
  folder: string,
  [first, ...rest]: readonly [string, ...string[]],
  options: Pick<DaemonOptions, 'nodeArguments'> = {},
): Promise<LabFleet> {
  const lab = await new LabNetwork().start();
  const hosts: LabHost[] = [];
  const add = async (nick: string): Promise<Member> => {
    const host = await lab.addHost();
    hosts.push(host);
    return { ...options, ...(await describeMember(folder, nick, host)) };
  };
  const members: [Member, ...Member[]] = [await add(first)];
  for (const nick of rest) members.push(await add(nick));
  return { lab, hosts, fleet: await startFleet(folder, members) };
}

async function describeMember(
  folder: string,
  nick: string,
  { host, control, within }: LabHost,
): Promise<Member> {
  const data = join(folder, nick);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const { code, complaints } = await runCommand(['password', '--data', data], `${PASSWORD}\n`);
  if (code !== 0) throw new Error(`no password: ${complaints}`);
  return { nick, data, host, within, gui: `${control}:0` };
}
