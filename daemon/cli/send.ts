import { MessageAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { findAddress, messagesPath } from './contact-address.ts';
import { tell } from './tell.ts';
import { readText } from './text-argument.ts';

/** `id`: makes a repeat of the same command harmless. */
export type SendOptions = Readonly<{ id?: string }>;

/** `vestnik send CONTACT TEXT`: the daemon has the message safely when this returns. `-` reads standard input. */
export async function send(
  context: CommandContext,
  contact: string,
  words: readonly string[],
  { id }: SendOptions,
): Promise<void> {
  const message = await readText(context, words);
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const answer = await api.call('POST', messagesPath(address), {
    message,
    ...(id === undefined ? {} : { id }),
  });
  tell(context, answer, () => {
    const stored = decodeAnswer(MessageAnswer, answer);
    return `On its way, as ${stored.id}.`;
  });
}
