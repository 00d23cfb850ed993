import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

/** `confirmed`: nobody is asked again. */
export type PlainOptions = Readonly<{ confirmed?: boolean }>;

/** `vestnik plain CONTACT`: gives up encryption with a contact. */
export async function plain(
  context: CommandContext,
  contact: string,
  { confirmed }: PlainOptions,
): Promise<void> {
  const name = oneLine(contact);
  if (confirmed !== true) await askTwice(context, name);
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', `${contactPath(await findAddress(api, contact))}/plain`);
  tell(context, answer, () => describe(name));
}

function describe(name: string): string {
  return `${name} may write without encryption again, and you do. If their daemon encrypts all the same, it begins anew: vestnik contacts tells.`;
}

async function askTwice({ terminal, isJson }: CommandContext, name: string): Promise<void> {
  if (!terminal.isPersonTyping || isJson) {
    throw new CommandError('usage', 'nobody is there to be asked again; add --confirmed');
  }
  const question = `Others will be able to read what you and ${name} write, what waits now among it, and to pretend. Go on?`;
  if (!(await terminal.askYes(question))) throw new CommandError('refused', 'nothing was changed');
}
