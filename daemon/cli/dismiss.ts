import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

/** `vestnik dismiss CONTACT`: puts a contact request out of sight. */
export async function dismiss(context: CommandContext, contact: string): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('POST', `${contactPath(address)}/dismiss`);
  tell(
    context,
    answer,
    () => `${oneLine(contact)} is not told. The request comes back if they ask again.`,
  );
}
