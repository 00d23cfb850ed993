import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { findAddress, messagesPath } from './contact-address.ts';
import { tell } from './tell.ts';

/** `vestnik cancel CONTACT ID`: takes back a message that was not delivered yet. */
export async function cancel(context: CommandContext, contact: string, id: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call(
    'POST',
    `${messagesPath(address)}/${encodeURIComponent(id)}/cancel`,
  );
  tell(context, answer, () => 'Cancelled. It will not be delivered.');
}
