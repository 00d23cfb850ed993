import { createServer } from 'node:https';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { WebSocketServer } from 'ws';
import { openApi } from '../../daemon/cli/api-client.ts';
import { run } from '../../daemon/cli/program.ts';
import { announceDaemon } from '../../daemon/cli/running-daemon.ts';
import { issueCertificate, writeCertificate, type Issued } from '../helpers/certificate.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { memoryTerminal, type MemoryTerminal } from '../helpers/memory-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

type Ran = Readonly<{ code: number; terminal: MemoryTerminal }>;

async function command(folder: string, ...words: readonly string[]): Promise<Ran> {
  const terminal = memoryTerminal();
  const code = await run([...words, '--data', folder], terminal, {});
  return { code, terminal };
}

type Shown = Readonly<{ folder: string; asked: () => number }>;

/** Something that shows `shown`, noted as the daemon that shows `noted`. */
async function startShowing(t: ExecutionContext, shown: Issued, noted = shown): Promise<Shown> {
  let asked = 0;
  const server = createServer({ cert: shown.certificate, key: shown.key }, (_, response) => {
    asked++;
    response.end('[]');
  });
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'api-token'), 'owner-token\n', { mode: 0o600 });
  await announceDaemon(folder, {
    gui: `https://127.0.0.1:${port}`,
    certificate: noted.certificate,
    pid: process.pid,
  });
  return { folder, asked: () => asked };
}

test('the command line talks to a daemon that speaks TLS', async (t) => {
  const data = await temporaryFolder(t);
  await writeCertificate(data, issueCertificate());
  const environment = { VESTNIK_GUI_TLS_CERT: 'tls.crt', VESTNIK_GUI_TLS_KEY: 'tls.key' };

  const daemon = await startDaemonProcess(t, { data, nick: 'Ann', environment });

  t.regex(daemon.loginUrl, /^https:\/\/127\.0\.0\.1:\d+\/#t=/);
  const status = await command(data, 'status');
  t.is(status.code, 0, status.terminal.complained.join());
  t.regex(status.terminal.printed.join('\n'), /Ann/);
  t.regex(
    (await command(data, 'login')).terminal.printed.join(),
    /^https:\/\/127\.0\.0\.1:\d+\/#t=/,
  );
  const socket = (await openApi(data)).openSocket('/chatroom');
  t.teardown(() => socket.terminate());
  await once(socket, 'open');
});

test('a certificate of an authority is as good as one that vouches for itself', async (t) => {
  const issuer = issueCertificate({ name: 'an authority', isAuthority: true });
  const { folder } = await startShowing(t, issueCertificate({ issuer }));

  t.is((await command(folder, 'contacts')).code, 0);
});

test('nobody but the daemon gets the owner’s token', async (t) => {
  const issuer = issueCertificate({ name: 'an authority', isAuthority: true });
  const daemon = issueCertificate({ issuer });
  const impostors = [
    issueCertificate(),
    issueCertificate({ issuer }),
    issueCertificate({ issuer: daemon }),
  ];

  for (const impostor of impostors) {
    const { folder, asked } = await startShowing(t, impostor, daemon);

    const { code, terminal } = await command(folder, 'contacts');

    t.is(code, 4);
    t.regex(terminal.complained.join(), /no daemon answers at https/);
    t.is(asked(), 0);
    await t.throwsAsync(once((await openApi(folder)).openSocket('/chatroom'), 'open'));
  }
});

test('a certificate that has expired is named as the reason', async (t) => {
  const { folder, asked } = await startShowing(t, issueCertificate({ validDays: -1 }));

  const { code, terminal } = await command(folder, 'contacts');

  t.is(code, 1);
  t.regex(terminal.complained.join(), /certificate has expired/);
  t.is(asked(), 0);
});

test('a daemon with half of what TLS needs does not start', async (t) => {
  const data = await temporaryFolder(t);
  const terminal = memoryTerminal();

  const code = await run(['start', '--data', data], terminal, { VESTNIK_GUI_TLS_CERT: 'tls.crt' });

  t.is(code, 2);
  t.regex(terminal.complained.join(), /gui\.tls\.key is missing/);
});
