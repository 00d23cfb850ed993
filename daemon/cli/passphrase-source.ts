import { readPrivateText } from '../../storage/private-file.ts';
import type { AskPassphrase } from '../stores/identity-file.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';

/**
 * Where the passphrase of the data folder comes from: a file, else `VESTNIK_PASSPHRASE`, else, where one is needed, a
 * person at the keyboard.
 *
 * @param file     Path of the file, if one was named.
 * @param question What the person is asked.
 * @returns  A function that throws `CommandError` `usage` for a file without a passphrase, and `StorageError`
 *   `folder_unsafe` for one that others may read.
 */
export function passphraseSource(
  { environment, terminal }: Pick<CommandContext, 'environment' | 'terminal'>,
  file: string | undefined,
  question = 'Passphrase of this data folder: ',
): AskPassphrase {
  return async (isNeeded) => {
    if (file !== undefined) return readFirstLine(file);
    const given = environment['VESTNIK_PASSPHRASE'] ?? '';
    if (given !== '') return given;
    if (!isNeeded || !terminal.isPersonTyping) return undefined;
    return terminal.askSecret(question);
  };
}

async function readFirstLine(file: string): Promise<string> {
  const text = await readPrivateText(file);
  const line = text?.split('\n', 1)[0]?.replace(/\r$/, '') ?? '';
  if (line !== '') return line;
  const why = text === undefined ? 'is not there' : 'has no passphrase in its first line';
  throw new CommandError('usage', `${file} ${why}`);
}
