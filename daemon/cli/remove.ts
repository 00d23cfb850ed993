import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { contactPath, findAddress } from './contact-address.ts';
import { oneLine } from './format.ts';
import { tell } from './tell.ts';

export type RemoveOptions = Readonly<{ history?: boolean }>;

/** `vestnik remove CONTACT`: forgets a contact; the messages stay unless `--history` is given. */
export async function remove(
  context: CommandContext,
  contact: string,
  { history }: RemoveOptions,
): Promise<void> {
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const withHistory = history === true;
  const answer = await api.call(
    'DELETE',
    `${contactPath(address)}${withHistory ? '?history=1' : ''}`,
  );
  tell(context, answer, () =>
    withHistory
      ? `${oneLine(contact)} and all messages with them are removed here.`
      : `${oneLine(contact)} is removed; the messages stay on this machine.`,
  );
}
