/** The daemons of a campaign, in processes of their own. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { contactPath } from '../helpers/api.ts';
import { befriend, DaemonProcess, type DaemonOptions } from '../helpers/daemon-process.ts';

/** One of them; its data lies in the campaign's folder under its name unless said otherwise. */
export type Member = DaemonOptions & Readonly<{ nick: string; host: string }>;

export type Fleet = readonly [DaemonProcess, ...DaemonProcess[]];

/** Starts one after another, so that on a small machine none of them takes long. */
export async function startFleet(
  folder: string,
  [first, ...rest]: readonly [Member, ...Member[]],
): Promise<Fleet> {
  const fleet: [DaemonProcess, ...DaemonProcess[]] = [await startMember(folder, first)];
  try {
    for (const member of rest) fleet.push(await startMember(folder, member));
    return fleet;
  } catch (error) {
    await endFleet(fleet);
    throw error;
  }
}

/** Lets a campaign have daemons that are all contacts of each other, and ends them. */
export async function withFriends<Report>(
  folder: string,
  members: readonly [Member, ...Member[]],
  campaign: (fleet: Fleet) => Promise<Report>,
): Promise<Report> {
  const fleet = await startFleet(folder, members);
  try {
    await befriendAll(fleet);
    return await campaign(fleet);
  } finally {
    await endFleet(fleet);
  }
}

/** Makes each a contact of all others. */
export async function befriendAll(fleet: Fleet): Promise<void> {
  for (const [index, one] of fleet.entries()) {
    for (const other of fleet.slice(index + 1)) await befriend(one, other);
  }
}

/** Lets `relays` carry everything for all others, also what is not encrypted. */
export async function allowRelays(fleet: Fleet, relays: readonly DaemonProcess[]): Promise<void> {
  for (const one of fleet) {
    for (const relay of relays.filter((it) => it !== one)) await letCarry(one, relay);
  }
}

/** Lets a friend carry what `one` writes, also what is not encrypted. */
export async function letCarry(one: DaemonProcess, relay: DaemonProcess): Promise<void> {
  await one.api.patch(contactPath(relay.address), { can_resend: 1, relay_plain: true });
}

/** Ends all processes that are still there, in the hardest way. */
export async function endFleet(fleet: readonly DaemonProcess[]): Promise<void> {
  await Promise.all(fleet.map((daemon) => daemon.kill()));
}

/** What daemons reported as broken, and which of them are not there any more though nobody ended them. */
export function faultsOfFleet(fleet: readonly DaemonProcess[]): readonly string[] {
  return fleet.flatMap(({ nick, defects, isRunning }) => [
    ...defects.map((defect) => `${nick}: ${defect}`),
    ...(isRunning ? [] : [`${nick} has ended`]),
  ]);
}

async function startMember(folder: string, member: Member): Promise<DaemonProcess> {
  const data = member.data ?? join(folder, member.nick);
  await mkdir(data, { recursive: true, mode: 0o700 });
  return new DaemonProcess(data, member).start();
}
