import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

/** `vestnik unblock CONTACT`. */
export async function unblock(context: CommandContext, contact: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('POST', `${contactPath(address)}/unblock`);
  tell(context, answer, () => `${oneLine(contact)} is not blocked any more.`);
}
