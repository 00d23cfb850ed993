/** Security test row 30: secrets stay where they belong (G25, G26, G27). */
import { chmod, lstat, readdir, readFile, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import * as v from 'valibot';
import { decode } from '../../daemon/wire/check.ts';
import { contactPath, conversationPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { runCommand, type CommandResult } from '../helpers/run-command.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

/** What must never be logged, each told apart from any other text by its first word. */
const CANARY = {
  message: 'canary-message in what Ann wrote',
  longMessage: `canary-long ${'x'.repeat(5000)}`,
  draft: 'canary-draft of Ann',
  nick: 'canary-nick',
  contactNick: 'canary-contact',
  password: 'canary-password',
  guess: 'canary-guess at it',
  passphrase: 'canary-passphrase of Ann',
  token: 'canary-token_which_nobody_issued_at_all',
  ticket: 'canary-ticket_which_nobody_issued_at_all',
  key: 'canary-key_which_nobody_issued_at_all_0001',
  query: 'canary-query',
  body: 'canary-body',
} as const;

const Line = v.looseObject({ level: v.string(), time: v.string(), event: v.string() });

/** A daemon that tells everything it tells anybody. */
function startTelling(t: ExecutionContext, nick: string, environment: Record<string, string> = {}) {
  return startDaemonProcess(t, {
    nick,
    environment: { VESTNIK_LOG_LEVEL: 'debug', ...environment },
  });
}

/** Sends what makes no sense or is not allowed, with secrets in it, and gives all answers back. */
async function provoke({ api, address }: DaemonProcess): Promise<string> {
  const json = { 'content-type': 'application/json' };
  const foreign = { ...json, authorization: `Bearer ${CANARY.token}` };
  const own = { ...json, authorization: `Bearer ${api.token}` };
  const asked: readonly (readonly [url: string, init: RequestInit])[] = [
    [`${api.url}/api/me?q=${CANARY.query}`, { headers: foreign }],
    [`${api.url}/api/${CANARY.query}`, { headers: own }],
    [`${api.url}/api/contacts/nowhere?q=${CANARY.query}`, { method: 'DELETE', headers: own }],
    [`${api.url}/api/contacts`, { method: 'POST', headers: own, body: `{"${CANARY.body}":` }],
    [
      `${api.url}/api/contacts`,
      {
        method: 'POST',
        headers: own,
        body: JSON.stringify({ address: 'nowhere', nick: CANARY.contactNick }),
      },
    ],
    [`${api.url}/api/me`, { method: 'PATCH', headers: own, body: `{"nick":["${CANARY.nick}"]}` }],
    [
      `${api.url}/api/login`,
      { method: 'POST', headers: json, body: JSON.stringify({ ticket: CANARY.ticket }) },
    ],
    [
      `${api.url}/api/login`,
      { method: 'POST', headers: json, body: JSON.stringify({ password: CANARY.guess }) },
    ],
    [`${api.url}/api/password`, { method: 'PUT', headers: own, body: '{"password":"canary-pw"}' }],
    [`http://${address}/`, { method: 'POST', body: `{"action":"${CANARY.body}"` }],
    [`http://${address}/?action=send&key=${CANARY.key}&message=${CANARY.query}`, {}],
    [
      `http://${address}/`,
      {
        method: 'POST',
        body: JSON.stringify({
          ...{ action: 'send', key: CANARY.key, message: CANARY.message, enctype: '' },
          ...{ from: '127.0.0.1:1', to: address, timestamp: new Date().toISOString() },
        }),
      },
    ],
    [
      `http://${address}/`,
      { method: 'POST', headers: { 'vestnik-auth': `v=1; k=${CANARY.key}` }, body: '{}' },
    ],
  ];
  const answers: string[] = [];
  for (const [url, init] of asked) answers.push(await (await fetch(url, init)).text());
  return answers.join('\n');
}

/** Everything that its owner does in a day, and some of what goes wrong. */
async function live(ann: DaemonProcess, boris: DaemonProcess): Promise<readonly string[]> {
  await befriend(ann, boris);
  await ann.api.patch('/api/me', { nick: CANARY.nick });
  await ann.api.patch(contactPath(boris.address), { nick: CANARY.contactNick });
  for (const text of [CANARY.message, CANARY.longMessage]) await ann.api.send(boris.address, text);
  await eventually(async () => (await boris.api.texts(ann.address)).length === 2);
  await ann.api.call('PUT', '/api/password', { password: CANARY.password });
  const { body } = await ann.api.post('/api/login-link');
  const ticket = (body as { url: string }).url.split('#t=')[1] ?? '';
  const session = (await ann.api.post('/api/login', { ticket })).body as { token: string };
  const socket = (await ann.api.post('/api/ws-ticket')).body as { ticket: string };
  const { link } = (await ann.api.post('/api/links')).body as { link: string };
  const invitation = link.split('/').at(-1) ?? '';
  await boris.kill();
  await ann.api.send(boris.address, CANARY.message);
  await ann.api.post(`${conversationPath(boris.address)}/nothing/retry`);
  await boris.start();
  await eventually(async () => (await boris.api.texts(ann.address)).length === 3);
  return [ticket, session.token, socket.ticket, invitation, ann.api.token, boris.api.token];
}

/** Keys, tokens and seeds as they lie on the disk: long base64url where a secret stands. */
async function readSecrets({ data }: DaemonProcess): Promise<readonly string[]> {
  const names = ['contacts.json', 'identity.json', 'api-token', 'sessions.json'];
  const texts = await Promise.all(
    names.map((name) => readFile(join(data, name), 'utf8').catch(() => '')),
  );
  return texts.flatMap((text) => text.match(/[\w-]{40,}/g) ?? []);
}

/** Every file and folder of a data folder with its mode; sockets and pipes have no place there. */
async function readModes(
  folder: string,
): Promise<readonly (readonly [path: string, mode: string])[]> {
  const entries = await readdir(folder, { recursive: true });
  const modes = ['.', ...entries].map(async (name) => {
    const stats = await lstat(join(folder, name));
    const kind = stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : 'other';
    return [name, `${kind} ${(stats.mode & 0o777).toString(8)}`] as const;
  });
  return Promise.all(modes);
}

test('row 30: no log line and no refusal has a secret in it, and no file is open to others', async (t) => {
  const ann = await startTelling(t, 'Ann', { VESTNIK_PASSPHRASE: CANARY.passphrase });
  const boris = await startTelling(t, 'Boris');

  const issued = await live(ann, boris);
  const refusals = (await provoke(ann)) + (await provoke(boris));
  const secrets = [...issued, ...(await readSecrets(ann)), ...(await readSecrets(boris))];
  await Promise.all([ann.stop(), boris.stop()]);

  t.true(secrets.length > 8 && secrets.every((secret) => secret.length >= 22));
  for (const { log } of [ann, boris]) {
    const lines = log.trim().split('\n');
    for (const line of lines) t.notThrows(() => decode(Line, line), line);
    t.deepEqual(found(log, [...Object.values(CANARY), ...secrets]), []);
    t.notRegex(log, /canary/i);
  }
  t.deepEqual(found(refusals, secrets), []);
  t.notRegex(refusals, /canary/i);
  // Without the passphrase it would say `seed_in_clear`.
  t.regex(await readFile(join(ann.data, 'identity.json'), 'utf8'), /"box":/);
  for (const { data } of [ann, boris]) {
    for (const [path, mode] of await readModes(data)) {
      t.true(mode === 'file 600' || mode === 'folder 700', `${path}: ${mode}`);
    }
  }
});

function found(text: string, secrets: readonly string[]): readonly string[] {
  return secrets.filter((secret) => text.includes(secret));
}

const SECRET_FILES = ['identity.json', 'api-token', 'ratchet.log'];

test('row 30: the daemon does not start while others may read a secret, or reach it by a link', async (t) => {
  const [daemon, friend] = [await startDaemonProcess(t), await startDaemonProcess(t)];
  await befriend(daemon, friend);
  await Promise.all([daemon.stop(), friend.stop()]);
  const elsewhere = join(await temporaryFolder(t), 'elsewhere');

  for (const name of SECRET_FILES) {
    const path = join(daemon.data, name);
    await chmod(path, 0o640);
    const open = await startOn(daemon.data);
    await chmod(path, 0o600);
    await rename(path, elsewhere);
    await symlink(elsewhere, path);
    const linked = await startOn(daemon.data);
    await rename(elsewhere, path);

    for (const { code, output, complaints } of [open, linked]) {
      t.deepEqual([code, output], [1, ''], name);
      t.true(complaints.includes(name), complaints);
    }
    t.regex(open.complaints, /chmod 600/);
  }
  await t.notThrowsAsync(daemon.start());
});

test('row 30: a data folder that is a link is refused', async (t) => {
  const link = join(await temporaryFolder(t), 'link');
  await symlink(await temporaryFolder(t), link);

  const { code, complaints } = await startOn(link);

  t.is(code, 1);
  t.regex(complaints, /symbolic link/);
});

function startOn(data: string): Promise<CommandResult> {
  return runCommand(['start', '--data', data, '--peer', '127.0.0.1:0', '--gui', '127.0.0.1:0']);
}
