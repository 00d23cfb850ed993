import { MessageAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { findAddress, messagesPath } from './contact-address.ts';
import { tell } from './tell.ts';

/** `id`: makes a repeat of the same command harmless. */
export type SendOptions = Readonly<{ id?: string }>;

/** `vestnik send CONTACT TEXT`: the daemon has the message safely when this returns. `-` reads standard input. */
export async function send(
  context: CommandContext,
  contact: string,
  words: readonly string[],
  { id }: SendOptions,
): Promise<void> {
  const message = await readMessage(context, words);
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

async function readMessage(
  { terminal }: CommandContext,
  words: readonly string[],
): Promise<string> {
  const isPiped = words.length === 1 && words[0] === '-';
  // The line end that `echo` and editors put last is not part of what was written.
  const text = isPiped ? (await terminal.readAll()).replace(/\r?\n$/, '') : words.join(' ');
  if (text.trim() === '') throw new CommandError('usage', 'there is no text to send');
  return text;
}
