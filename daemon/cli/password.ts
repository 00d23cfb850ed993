import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { findDaemon } from './running-daemon.ts';
import { tell } from './tell.ts';

/** `vestnik password`: sets the password with which browsers elsewhere get in; every browser is logged out. */
export async function password(context: CommandContext): Promise<void> {
  const chosen = await ask(context);
  const place = await findDaemon(context.dataFolder);
  if (place === undefined) await setWithoutDaemon(context, chosen);
  else await (await openApi(context.dataFolder)).call('PUT', '/api/password', { password: chosen });
  tell(context, undefined, () => 'The password is set. Browsers have to log in again.');
}

/** A daemon that is to be reached from elsewhere does not start without a password, so it can't be asked. */
async function setWithoutDaemon(
  { dataFolder, terminal }: CommandContext,
  chosen: string,
): Promise<void> {
  const { setPassword } = await import('../set-password.ts');
  await setPassword(dataFolder, chosen, ({ message }) => terminal.complain(message));
}

/** A person types it twice, since it can't be seen; a program gives it once. */
async function ask({ terminal }: CommandContext): Promise<string> {
  const chosen = await terminal.askSecret('New password (10 characters or more): ');
  if (terminal.isPersonTyping && chosen !== (await terminal.askSecret('Again: '))) {
    throw new CommandError('refused', 'the two are not the same; nothing was changed');
  }
  return chosen;
}
