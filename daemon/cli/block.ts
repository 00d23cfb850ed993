import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

/** `vestnik block CONTACT`: keeps nothing more from it, and tells it nothing. */
export async function block(context: CommandContext, contact: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('POST', `${contactPath(address)}/block`);
  tell(
    context,
    answer,
    () => `${oneLine(contact)} is blocked: nothing from there is kept, and nobody is told.`,
  );
}
