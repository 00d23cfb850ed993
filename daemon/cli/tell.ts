import type { CommandContext } from './command-context.ts';

/**
 * Ends a command: programs get the daemon's answer as it is, people a sentence.
 *
 * @param sentence Called only when a person reads it.
 */
export function tell(
  { terminal, isJson }: CommandContext,
  answer: unknown,
  sentence: () => string,
): void {
  if (!isJson) terminal.print(sentence());
  else if (answer !== undefined) terminal.print(JSON.stringify(answer));
}
