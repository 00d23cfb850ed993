import { once } from 'node:events';
import { createPrivateKey } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { connect as connectPlainly } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { exchange, pinTo, type Answered } from '../../daemon/cli/exchange.ts';
import { CERTIFICATE_CHECK_MS } from '../../daemon/gui-listener/certificate-watch.ts';
import { ListenError, type ListenErrorCode } from '../../daemon/http/listen.ts';
import { issueCertificate, writeCertificate, type Issued } from '../helpers/certificate.ts';
import { eventually } from '../helpers/eventually.ts';
import { API_TOKEN, openSocket, startGui, type GuiWorld } from '../helpers/gui-world.ts';
import { closed, rawRequest, readAnswer } from '../helpers/raw-http.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const AUTHORIZATION = { authorization: `Bearer ${API_TOKEN}` };

async function startSecureGui(
  t: ExecutionContext,
  issued: Issued,
  hostNames: readonly string[] = [],
) {
  const files = await writeCertificate(await temporaryFolder(t), issued);
  const gui = await startGui(t, {
    certificate: files,
    hostNames,
    files: { 'index.html': '<!doctype html>' },
  });
  return { gui, files };
}

function ask(
  { url }: GuiWorld,
  { certificate }: Issued,
  path: string,
  headers: Readonly<Record<string, string>> = AUTHORIZATION,
): Promise<Answered> {
  const asking = { method: 'GET', headers, body: undefined, timeoutMs: 10_000 };
  return exchange(url + path, { ...asking, certificate });
}

/** Opens a connection of its own; it ends with the test. */
async function openTls(t: ExecutionContext, gui: GuiWorld, issued: Issued): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: gui.port, ...pinTo(issued.certificate) });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

test('with a certificate of the owner’s the GUI is served over HTTPS', async (t) => {
  const issued = issueCertificate();
  const { gui } = await startSecureGui(t, issued);

  t.regex(gui.url, /^https:\/\/127\.0\.0\.1:\d+$/);
  t.regex(gui.createLoginLink(), /^https:\/\/127\.0\.0\.1:\d+\/#t=[\w-]{43}$/);
  t.is((await ask(gui, issued, '/', {})).status, 200);
  t.is((await ask(gui, issued, '/api/me', {})).status, 401);
  const me = await ask(gui, issued, '/api/me');
  t.is(me.status, 200);
  t.is((JSON.parse(me.text) as { connection: string }).connection, 'tls');
});

test('replies over TLS carry the same headers, and no promise that binds other ports of the host', async (t) => {
  const issued = issueCertificate();
  const { gui } = await startSecureGui(t, issued);
  const socket = await openTls(t, gui, issued);

  socket.write(rawRequest('GET / HTTP/1.1', [`Host: 127.0.0.1:${gui.port}`, 'Connection: close']));
  const { head } = await readAnswer(socket);

  t.regex(head, /^content-security-policy: default-src 'none'; script-src 'self';/im);
  t.true(head.includes(`wss://127.0.0.1:${gui.port};`));
  t.regex(head, /^x-frame-options: DENY\r?$/im);
  t.notRegex(head, /strict-transport-security/i);
});

test('plain HTTP gets no word on a port that speaks TLS', async (t) => {
  const { gui } = await startSecureGui(t, issueCertificate());
  const socket = connectPlainly(gui.port, '127.0.0.1');
  socket.on('error', () => undefined);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));

  socket.write(rawRequest('GET / HTTP/1.1', [`Host: 127.0.0.1:${gui.port}`]));
  await closed(socket);

  t.notRegex(Buffer.concat(chunks).toString('latin1'), /HTTP/);
});

test('versions of TLS before 1.2 are refused', async (t) => {
  const issued = issueCertificate();
  const { gui } = await startSecureGui(t, issued);

  const old = connect({
    ...{ host: '127.0.0.1', port: gui.port, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' },
    ciphers: 'DEFAULT@SECLEVEL=0',
    ...pinTo(issued.certificate),
  });
  const [error] = (await once(old, 'error')) as [Error];

  t.regex(error.message, /protocol version|alert/i);
  t.regex((await openTls(t, gui, issued)).getProtocol() ?? '', /^TLSv1\.[23]$/);
});

test('over TLS a page must have come over TLS', async (t) => {
  const issued = issueCertificate();
  const { gui } = await startSecureGui(t, issued, ['listed.example']);
  const status = async (origin: string): Promise<number> =>
    (await ask(gui, issued, '/api/me', { ...AUTHORIZATION, origin })).status;

  t.is(await status(gui.url), 200);
  t.is(await status(`https://localhost:${gui.port}`), 200);
  t.is(await status('https://listed.example'), 200);
  t.is(await status(`http://127.0.0.1:${gui.port}`), 403);
  t.is(await status('http://listed.example'), 403);
  t.is(await status('https://evil.example'), 403);
});

test('without TLS a page over TLS can only be that of a listed proxy', async (t) => {
  const { url, port } = await startGui(t, { hostNames: ['proxy.example'] });
  const status = async (origin: string): Promise<number> =>
    (await fetch(`${url}/api/me`, { headers: { ...AUTHORIZATION, origin } })).status;

  t.is(await status(url), 200);
  t.is(await status('https://proxy.example'), 200);
  t.is(await status('http://proxy.example'), 200);
  t.is(await status(`https://127.0.0.1:${port}`), 403);
});

test('a browser opens its WebSocket over TLS with a ticket, from its own page alone', async (t) => {
  const issued = issueCertificate();
  const { gui } = await startSecureGui(t, issued);
  const offer = (): string[] => [
    'vestnik.v1',
    `t.${gui.login.createSocketTicket({ kind: 'program' })}`,
  ];
  // The types of ws know another form of what it hands on to TLS.
  const pinned: object = pinTo(issued.certificate);

  const socket = await openSocket(t, gui, offer(), { origin: gui.url, ...pinned });
  t.is((await socket.next()).type, 'hello');
  await t.throwsAsync(
    openSocket(t, gui, offer(), { origin: gui.url.replace('https', 'http'), ...pinned }),
    { message: /403/ },
  );
});

test('a client that never begins with TLS is cut, and stopping waits for nobody', async (t) => {
  const issued = issueCertificate();
  const { gui } = await startSecureGui(t, issued);
  const silent = connectPlainly(gui.port, '127.0.0.1');
  await once(silent, 'connect');
  const idle = await openTls(t, gui, issued);
  const ended = [closed(silent), closed(idle)];

  await gui.close();
  await Promise.all(ended);

  t.pass();
});

type Spoil = (files: Awaited<ReturnType<typeof writeCertificate>>, issued: Issued) => unknown;

const refuses = test.macro({
  async exec(t, spoil: Spoil, code: ListenErrorCode, message: RegExp) {
    const issued = issueCertificate();
    const files = await writeCertificate(await temporaryFolder(t), issued);
    await spoil(files, issued);

    await t.throwsAsync(startGui(t, { certificate: files }), {
      instanceOf: ListenError,
      code,
      message,
    });
  },
  title: (title = '') => `the daemon does not start with ${title}`,
});

test(
  'a key that others may read',
  refuses,
  ({ key }) => chmod(key, 0o640),
  'key_exposed',
  /tls\.key can be read by other users; run chmod 600/,
);
test(
  'a key of another certificate',
  refuses,
  ({ key }) => writeFile(key, issueCertificate().key),
  'certificate_invalid',
  /does not belong/,
);
test(
  'a certificate that is none',
  refuses,
  ({ certificate }) => writeFile(certificate, '-----BEGIN CERTIFICATE-----\nAAAA\n'),
  'certificate_invalid',
  /tls\.crt holds no certificate/,
);
test(
  'a key under a passphrase',
  refuses,
  ({ key }, issued) =>
    writeFile(
      key,
      createPrivateKey(issued.key).export({
        ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
      }),
    ),
  'certificate_invalid',
  /or one under a passphrase/,
);
test(
  'a certificate that is not there',
  refuses,
  (files) => Object.assign(files, { certificate: `${files.certificate}.old` }),
  'certificate_unreadable',
  /tls\.crt\.old can’t be read \(ENOENT\)/,
);

test('a renewed certificate is shown within a minute, once both its files are there', async (t) => {
  const [first, second] = [issueCertificate(), issueCertificate()];
  const { gui, files } = await startSecureGui(t, first);
  const open = await openTls(t, gui, first);

  await writeFile(files.certificate, second.certificate);
  gui.clock.advance(CERTIFICATE_CHECK_MS);
  await eventually(() => gui.certificateProblems.length === 1);
  t.like(gui.certificateProblems[0], { code: 'certificate_invalid' });
  t.is((await ask(gui, first, '/healthz')).status, 200);

  await writeFile(files.key, second.key);
  await eventually(() => {
    gui.clock.advance(CERTIFICATE_CHECK_MS);
    return gui.ownCertificate() !== first.certificate;
  });
  t.is((await ask(gui, second, '/healthz')).status, 200);
  await t.throwsAsync(ask(gui, first, '/healthz'));

  open.write(
    rawRequest('GET /healthz HTTP/1.1', [`Host: 127.0.0.1:${gui.port}`, 'Connection: close']),
  );
  t.is((await readAnswer(open)).status, 200);
});
