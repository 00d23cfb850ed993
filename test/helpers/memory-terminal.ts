import type { Terminal } from '../../daemon/cli/terminal.ts';

/** A terminal that remembers what was written to it. */
export interface MemoryTerminal extends Terminal {
  readonly printed: readonly string[];
  readonly complained: readonly string[];
}

/**
 * Makes a terminal for a test.
 *
 * @param input  Standard input, to its end.
 * @param answers What a person types when asked; without any, `input` is no keyboard.
 */
export function memoryTerminal(input = '', answers: readonly string[] = []): MemoryTerminal {
  const printed: string[] = [];
  const complained: string[] = [];
  const waiting = [...answers];
  return {
    printed,
    complained,
    print: (line) => void printed.push(line),
    complain: (line) => void complained.push(line),
    readAll: () => Promise.resolve(input),
    askSecret: () => Promise.resolve(waiting.shift() ?? input.split('\n', 1)[0] ?? ''),
    askYes: () => Promise.resolve(waiting.shift() === 'y'),
    openDialog: () => ({
      lines: async function* () {
        yield* input.split('\n').filter((line) => line !== '');
      },
      show: (line) => void printed.push(line),
      isColored: false,
      close: () => undefined,
    }),
    isPersonTyping: answers.length > 0,
  };
}
