/**
 * What calls of services compare with: a WebSocket server that sends what comes from a client to all others, and looks at
 * nothing.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });

sockets.on('connection', (socket, { socket: connection }) => {
  connection.setNoDelay(true);
  socket.on('message', (frame) => {
    for (const other of sockets.clients) if (other !== socket) other.send(frame, { binary: false });
  });
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`http://127.0.0.1:${port}/\nready\n`);
});
