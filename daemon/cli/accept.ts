import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

/** `as`: where its daemon listens, when a contact request could not tell. */
export type AcceptOptions = Readonly<{ as?: string }>;

/** `vestnik accept CONTACT`: makes a contact of somebody who asked. */
export async function accept(
  context: CommandContext,
  contact: string,
  options: AcceptOptions,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const body = options.as === undefined ? undefined : { address: options.as };
  const answer = await api.call('POST', `${contactPath(address)}/accept`, body);
  tell(context, answer, () => `${oneLine(contact)} is your contact now.`);
}
