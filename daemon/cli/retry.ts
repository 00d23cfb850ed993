import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { findAddress, messagesPath } from './contact-address.ts';
import { tell } from './tell.ts';

/** `vestnik retry CONTACT ID`: offers a message again now. */
export async function retry(context: CommandContext, contact: string, id: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('POST', `${messagesPath(address)}/${encodeURIComponent(id)}/retry`);
  tell(context, answer, () => 'Trying again now.');
}
