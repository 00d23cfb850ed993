/** Listens, says where, and is then stopped by whoever started it: a helper of `deaf-listener.ts`. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

const server = createServer();
server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
  console.log((server.address() as AddressInfo).port);
});
