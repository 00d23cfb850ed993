import type { Middleware } from 'koa';
import test from 'ava';
import { backupRoutes } from '../../daemon/gui-listener/backup-routes.ts';
import { reportErrors } from '../../daemon/http/report-errors.ts';
import { Api } from '../helpers/api.ts';
import { startGui, type GuiWorld } from '../helpers/gui-world.ts';
import { serve } from '../helpers/open-listener.ts';

const PASSPHRASE = 'bring the thermos';
const PASSWORD = 'correct horse';

/** Asks for a backup as somebody with this token. */
async function askBackup({ url }: Pick<GuiWorld, 'url'>, token: string, body: object) {
  const response = await fetch(`${url}/api/backup`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text: await response.text(),
  };
}

async function logIn({ login }: Pick<GuiWorld, 'login'>): Promise<string> {
  return login.loginByTicket(login.createTicket(), 'a browser');
}

test('a program gets the backup as it comes, without a word of the password', async (t) => {
  const gui = await startGui(t, { password: PASSWORD });

  const answer = await askBackup(gui, gui.api.token, { passphrase: PASSPHRASE });

  t.deepEqual(answer, {
    status: 200,
    type: 'application/octet-stream',
    text: `sealed with ${PASSPHRASE}`,
  });
});

test('a browser says the password again where there is one, so that its session alone is not enough', async (t) => {
  const gui = await startGui(t, { password: PASSWORD });
  const token = await logIn(gui);
  const ask = (body: object) => askBackup(gui, token, { passphrase: PASSPHRASE, ...body });

  const without = await ask({});
  const wrong = await ask({ password: 'another horse' });
  const right = await ask({ password: PASSWORD });

  t.deepEqual([without.status, wrong.status, right.status], [403, 403, 200]);
  t.regex(without.text, /"password_needed"/);
  t.regex(wrong.text, /"password_needed"/);
  t.is((await new Api(gui.url, token).get('/api/me')).status, 200, 'it stays logged in');
});

test('guesses at the password are slowed down as at the login', async (t) => {
  const gui = await startGui(t, { password: PASSWORD });
  const token = await logIn(gui);

  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) {
    const { status } = await askBackup(gui, token, {
      passphrase: PASSPHRASE,
      password: `guess ${i}`,
    });
    statuses.push(status);
  }

  t.is(statuses.at(0), 403);
  t.is(statuses.at(-1), 429);
});

test('without a password a browser on loopback gets one, and nobody without a token', async (t) => {
  const gui = await startGui(t);

  const browser = await askBackup(gui, await logIn(gui), { passphrase: PASSPHRASE });
  const stranger = await askBackup(gui, 'no token', { passphrase: PASSPHRASE });
  const none = await askBackup(gui, gui.api.token, {});

  t.deepEqual([browser.status, stranger.status, none.status], [200, 401, 400]);
});

test('over a connection that nothing protects there is none, and the passphrase is not even used', async (t) => {
  const passphrases: string[] = [];
  const backUp = async (passphrase: string) => {
    passphrases.push(passphrase);
    return (async function* () {
      yield Buffer.from('sealed');
    })();
  };
  const routes = backupRoutes({ backUp }, { confirm: () => Promise.resolve() });
  let host = '192.0.2.7';
  const comeFrom: Middleware = (ctx, next) => {
    Object.defineProperty(ctx.req.socket, 'remoteAddress', { value: host, configurable: true });
    ctx.state['caller'] = { kind: 'program' };
    return next();
  };
  const gui = await serve(t, [reportErrors(t.log), comeFrom, routes.routes() as Middleware]);

  const open = await askBackup(gui, 'token', { passphrase: PASSPHRASE });
  host = '127.0.0.1';
  const own = await askBackup(gui, 'token', { passphrase: PASSPHRASE });

  t.is(open.status, 403);
  t.regex(open.text, /vestnik backup FILE/);
  t.is(own.status, 200);
  t.deepEqual(passphrases, [PASSPHRASE]);
});
