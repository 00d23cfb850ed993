/** The limits of every listener hold over TLS, too (G13). */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { pinTo } from '../../daemon/cli/exchange.ts';
import { readCertificate } from '../../daemon/http/certificate.ts';
import { readText } from '../../daemon/http/body.ts';
import type { Listener } from '../../daemon/http/server.ts';
import { issueCertificate, writeCertificate } from '../helpers/certificate.ts';
import { closed, openRaw, rawRequest, readAnswer } from '../helpers/raw-http.ts';
import { serve } from '../helpers/open-listener.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const HOST = 'Host: x';
const TIMEOUTS = { headersMs: 400, requestMs: 800, checkMs: 50 };

type Secure = Readonly<{ listener: Listener; open: () => Promise<TLSSocket> }>;

/** A listener over TLS that reads a body of up to 1000 bytes, and connections to it that end with the test. */
async function serveSecurely(t: ExecutionContext, maxConnections = 512): Promise<Secure> {
  const issued = issueCertificate();
  const files = await writeCertificate(await temporaryFolder(t), issued);
  const listener = await serve(
    t,
    [
      async (ctx) => {
        ctx.body = await readText(ctx.req, 1000).catch(() => 'given up');
      },
    ],
    { certificate: await readCertificate(files), timeouts: TIMEOUTS, maxConnections },
  );
  const open = async (): Promise<TLSSocket> => {
    const socket = connect({
      ...{ host: '127.0.0.1', port: listener.port },
      ...pinTo(issued.certificate),
    });
    t.teardown(() => socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    return socket;
  };
  return { listener, open };
}

test('a caller who does not finish with TLS is cut in time', async (t) => {
  const { listener } = await serveSecurely(t);
  const silent = await openRaw(t, listener.port);
  const dripping = await openRaw(t, listener.port);
  // The head of a TLS record that announces more than ever comes.
  dripping.write(Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]));

  await Promise.all([closed(silent), closed(dripping)]);

  t.pass();
});

test('a slow head and a slow body are cut in time over TLS', async (t) => {
  const { open } = await serveSecurely(t);
  const drip = async (head: string): Promise<number> => {
    const socket = await open();
    const answer = readAnswer(socket);
    socket.write(head);
    const timer = setInterval(() => socket.write('x'), 20);
    const { status } = await answer;
    clearInterval(timer);
    return status;
  };

  t.is(await drip('GET / HTTP/1.1\r\nHost: x\r\nX: '), 408);
  t.is(await drip(rawRequest('POST / HTTP/1.1', [HOST, 'Content-Length: 1000'])), 408);
});

test('broken HTTP is answered over TLS', async (t) => {
  const { open } = await serveSecurely(t);
  const ask = async (text: string): Promise<number> => {
    const socket = await open();
    socket.write(text);
    return (await readAnswer(socket)).status;
  };

  t.is(await ask('GET / HTTP/1.1\r\nno colon here\r\n\r\n'), 400);
  t.is(await ask(rawRequest('GET / HTTP/1.1', [HOST, `X: ${'x'.repeat(9000)}`])), 431);
});

test('more connections than there may be are cut before TLS begins', async (t) => {
  const { listener, open } = await serveSecurely(t, 2);
  await open();
  await open();
  const third = await openRaw(t, listener.port);

  await closed(third);

  t.is(third.bytesRead, 0);
});
