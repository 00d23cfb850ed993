import { MeAnswer } from './answers.ts';
import { decodeAnswer, openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { tell } from './tell.ts';

/** `yes`: nobody is asked. */
export type RekeyOptions = Readonly<{ yes?: boolean }>;

const MEANING = [
  'A new key for you, in case somebody may know the old one.',
  'Your contacts are told under the old key, as soon as each can be reached. Whoever compared the safety number with you',
  'should compare it again. Contact links and backups from before are worth nothing any more.',
].join('\n');

/** `vestnik rekey`: another identity in place of ours. */
export async function rekey(context: CommandContext, { yes }: RekeyOptions): Promise<void> {
  if (yes !== true) await askTwice(context);
  const api = await openApi(context.dataFolder);
  const answer = await api.call('POST', '/api/me/rekey');
  tell(context, answer, () => describe(decodeAnswer(MeAnswer, answer)));
}

async function askTwice({ terminal, isJson }: CommandContext): Promise<void> {
  if (!terminal.isPersonTyping || isJson) {
    throw new CommandError('usage', 'nobody is there to be asked; add --yes');
  }
  terminal.print(MEANING);
  if (await terminal.askYes('Make a new key?')) return;
  throw new CommandError('refused', 'nothing was changed');
}

function describe({ fingerprint, rekey: underWay }: MeAnswer): string {
  const waiting = underWay?.waiting ?? 0;
  const told = waiting === 0 ? 'Nobody waits to be told.' : `Contacts to be told: ${waiting}.`;
  return `You have a new key. Your fingerprint is\n    ${fingerprint}\n${told}`;
}
