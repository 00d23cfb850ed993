import type { IncomingMessage } from 'node:http';
import type { Context } from 'koa';

/** A body up to so long is read to its end and thrown away; a longer one is not worth it. */
const DISCARD_MAX_BYTES = 65_536;
/** How long a caller may take to read the answer before the connection is cut. */
const LINGER_MS = 500;

/**
 * Prepares an answer to a request whose body nobody is going to read: if that is long, the connection ends with the
 * answer. It is only half closed at first, and not read any more, because cutting it while the caller still sends
 * would make the caller's system throw the answer away (RFC 9112, 9.6).
 */
export function endAfterAnswer({ req, res }: Pick<Context, 'req' | 'res'>): void {
  if (req.complete || !isLong(req)) return;
  res.setHeader('Connection', 'close');
  const { socket } = req;
  // What Node calls once the answer of a last request is written.
  socket.destroySoon = () => {
    socket.end();
    socket.pause();
    const timer = setTimeout(() => {
      socket.destroy();
    }, LINGER_MS);
    socket.once('close', () => {
      clearTimeout(timer);
    });
  };
}

function isLong({ headers }: IncomingMessage): boolean {
  if (headers['transfer-encoding'] !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > DISCARD_MAX_BYTES;
}
