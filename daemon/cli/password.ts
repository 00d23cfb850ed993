import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { tell } from './tell.ts';

/** `vestnik password`: sets the password with which browsers elsewhere get in; every browser is logged out. */
export async function password(context: CommandContext): Promise<void> {
  const api = await openApi(context.dataFolder);
  const chosen = await ask(context);
  const answer = await api.call('PUT', '/api/password', { password: chosen });
  tell(context, answer, () => 'The password is set. Browsers have to log in again.');
}

/** A person types it twice, since it can't be seen; a program gives it once. */
async function ask({ terminal }: CommandContext): Promise<string> {
  const chosen = await terminal.askSecret('New password (10 characters or more): ');
  if (terminal.isPersonTyping && chosen !== (await terminal.askSecret('Again: '))) {
    throw new CommandError('refused', 'the two are not the same; nothing was changed');
  }
  return chosen;
}
