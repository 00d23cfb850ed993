import { DELETE_MAX_MESSAGES } from '../wire/gui-limits.ts';
import { DeletedAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { conversationPath, findAddress, messagesPath } from './contact-address.ts';
import { count, oneLine } from './format.ts';
import { tell } from './tell.ts';

export type DeleteOptions = Readonly<{
  /** The contact's daemon is asked to delete them, too. */
  both?: boolean;
  /** The whole conversation, here. */
  all?: boolean;
}>;

/** `vestnik delete CONTACT ID…`: deletes messages here, and with `--both` asks the contact's daemon to do the same. */
export async function deleteMessages(
  context: CommandContext,
  contact: string,
  ids: readonly string[],
  { both, all }: DeleteOptions,
): Promise<void> {
  const isWhole = all === true;
  requireSense(ids, isWhole, both === true);
  const api = await openApi(context.dataFolder);
  const address = await findAddress(api, contact);
  const name = oneLine(contact);
  if (isWhole) {
    const answer = await api.call('DELETE', messagesPath(address));
    tell(
      context,
      answer,
      () => `All messages with ${name} are deleted on this machine; ${name} keeps a copy.`,
    );
    return;
  }
  const body = { ids, both: both === true };
  const answer = await api.call('POST', `${conversationPath(address)}/delete`, body);
  tell(context, answer, () => describe(decodeAnswer(DeletedAnswer, answer), name));
}

function requireSense(ids: readonly string[], isWhole: boolean, isForBoth: boolean): void {
  if (isWhole && ids.length > 0) throw new CommandError('usage', 'give messages or --all');
  if (isWhole && isForBoth) {
    throw new CommandError('usage', '--all deletes here alone; give the messages for --both');
  }
  if (!isWhole && ids.length === 0) throw new CommandError('usage', 'say which messages');
  if (ids.length > DELETE_MAX_MESSAGES) {
    throw new CommandError('usage', `at most ${DELETE_MAX_MESSAGES} messages at a time`);
  }
}

function describe({ deleted, asked }: DeletedAnswer, name: string): string {
  const here = `Deleted ${count(deleted.length, 'message')} on this machine`;
  if (asked === 0) return `${here}; ${name} keeps a copy.`;
  return (
    `${here}, and asked the program of ${name} to delete them too. ` +
    `Whether ${name} has read or copied them, nobody can know.`
  );
}
