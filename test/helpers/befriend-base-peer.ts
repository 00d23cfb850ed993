import type { ExecutionContext } from 'ava';
import { startBasePeer, type BasePeer } from './base-peer.ts';
import type { DaemonProcess } from './daemon-process.ts';
import { eventually } from './eventually.ts';

/** Starts a peer that does not encrypt, and makes it a contact of a daemon. */
export async function befriendBasePeer(
  t: ExecutionContext,
  daemon: DaemonProcess,
  { host, nick }: Readonly<{ host: string; nick: string }>,
): Promise<BasePeer> {
  const peer = await startBasePeer(t, { host });
  await daemon.api.post('/api/contacts', { address: peer.address, nick });
  await eventually(() => peer.theirKey !== '');
  await peer.say(daemon.address, {
    action: 'handshake',
    from: peer.address,
    key: 'a key of the base protocol',
  });
  await eventually(async () => (await daemon.api.contact(peer.address))?.trust === 'plain');
  return peer;
}
