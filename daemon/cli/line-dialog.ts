import { createInterface, clearLine, cursorTo } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';

/** Lines from a person or a program while others are shown. */
export interface Dialog {
  /** Lines as they are finished; ends with Ctrl+C, Ctrl+D or the input. */
  lines(): AsyncIterable<string>;
  /** Shows a line above what is being typed. */
  show(line: string): void;
  /** Whether colours are seen. */
  readonly isColored: boolean;
  /** Takes no further lines. */
  close(): void;
}

/** A dialogue on a terminal, or on whatever stands in its place. */
export function openDialog(
  stdin: ReadStream,
  stdout: WriteStream,
  environment: Readonly<Record<string, string | undefined>>,
): Dialog {
  // Whatever its type says, `isTTY` is undefined for a file or a pipe.
  const isTerminal = [stdin.isTTY, stdout.isTTY].every((is: boolean | undefined) => is === true);
  const reader = createInterface({
    input: stdin,
    ...(isTerminal ? { output: stdout, prompt: '> ' } : {}),
    terminal: isTerminal,
  });
  // From now on, so that no line is lost that comes before somebody takes lines.
  const lines = reader[Symbol.asyncIterator]();
  reader.on('SIGINT', () => reader.close());
  if (isTerminal) reader.prompt();
  return {
    lines: () => ({ [Symbol.asyncIterator]: () => lines }),
    isColored: isTerminal && !environment['NO_COLOR'],
    close: () => reader.close(),
    show: (line) => {
      if (!isTerminal) {
        stdout.write(`${line}\n`);
        return;
      }
      clearLine(stdout, 0);
      cursorTo(stdout, 0);
      stdout.write(`${line}\n`);
      reader.prompt(true);
    },
  };
}
