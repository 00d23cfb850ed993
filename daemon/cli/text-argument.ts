import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';

/**
 * The text that a command was given: its words, or standard input for `-`.
 *
 * @throws {CommandError} `usage`: there is none.
 */
export async function readText(
  { terminal }: CommandContext,
  words: readonly string[],
): Promise<string> {
  const isPiped = words.length === 1 && words[0] === '-';
  // The line end that `echo` and editors put last is not part of what was written.
  const text = isPiped ? (await terminal.readAll()).replace(/\r?\n$/, '') : words.join(' ');
  if (text.trim() === '') throw new CommandError('usage', 'there is no text to send');
  return text;
}
