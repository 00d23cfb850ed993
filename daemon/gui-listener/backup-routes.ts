/** `/api/backup`: everything that counts in one file, under a passphrase. */
import { Readable } from 'node:stream';
import Router from '@koa/router';
import { RequestError } from '../http/request-error.ts';
import { BackupRequest } from '../wire/gui-requests.ts';
import { connectionOf } from './connection.ts';
import { callerIn, readJson, type GuiContext, type GuiState } from './gui-context.ts';
import type { GuiDomain } from './gui-domain.ts';
import type { Login } from './login.ts';
import { guesserOf } from './login-routes.ts';

export function backupRoutes(
  { backUp }: Pick<GuiDomain, 'backUp'>,
  login: Pick<Login, 'confirm'>,
): Router<GuiState> {
  const router = new Router<GuiState>({ prefix: '/api/backup' });

  router.post('/', async (ctx) => {
    const { passphrase, password } = await readJson(ctx.req, BackupRequest);
    refuseOpenConnection(ctx);
    await login.confirm(callerIn(ctx), password, guesserOf(ctx));
    const bytes = await backUp(passphrase);
    ctx.type = 'application/octet-stream';
    // When it fails half-way the connection breaks off, which nobody takes for the end.
    ctx.body = Readable.from(bytes, { objectMode: false });
  });

  return router;
}

/** The passphrase would be there for everybody on the way to read, and with it everything in the file. */
function refuseOpenConnection(ctx: GuiContext): void {
  if (connectionOf(ctx.req.socket) !== 'open') return;
  throw new RequestError(
    'forbidden',
    'this connection is not encrypted; make the backup on the daemon’s machine with: vestnik backup FILE',
  );
}
