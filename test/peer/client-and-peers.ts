/** A client of the peer protocol, and peers for it to call. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { ExecutionContext } from 'ava';
import { PeerClient } from '../../daemon/peer/peer-client.ts';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';

/** A client that may call everybody; it ends with the test. */
export function startClient(
  t: ExecutionContext,
  timeouts: { answerTimeoutMs?: number } = {},
): PeerClient {
  const client = new PeerClient({
    localAddressFor: () => undefined,
    isAllowed: () => true,
    isLikelyThere: () => true,
    ...timeouts,
  });
  t.teardown(() => client.close());
  return client;
}

/** Lets a server listen on a free port until the test ends. @returns Where. */
export async function listen(t: ExecutionContext, server: Server): Promise<Address> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return parseAddress(`127.0.0.1:${(server.address() as AddressInfo).port}`);
}
