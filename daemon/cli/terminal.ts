import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { ReadStream, WriteStream } from 'node:tty';
import { CommandError } from './command-error.ts';
import { openDialog, type Dialog } from './line-dialog.ts';

const CONTROL_C = '\u0003';
const CONTROL_D = '\u0004';
const ERASE: ReadonlySet<string> = new Set(['\u007f', '\b']);

/** What a command sees of the world: lines out, lines in. */
export interface Terminal {
  /** Writes a line to standard output. */
  print(line: string): void;
  /** Writes a line to standard error. */
  complain(line: string): void;
  /** Reads standard input to its end. */
  readAll(): Promise<string>;
  /**
   * Asks for a secret without showing it; without a person at the terminal takes standard input's first line.
   *
   * @throws {CommandError} `refused`: the person gave up.
   */
  askSecret(question: string): Promise<string>;
  /** Asks a person something; anything but a clear yes is a no. */
  askYes(question: string): Promise<boolean>;
  /** Takes lines while others are shown; nothing else may read meanwhile. */
  openDialog(): Dialog;
  /** Whether standard input is a person's keyboard. */
  readonly isPersonTyping: boolean;
}

/** What a terminal is made of. */
export type Streams = Readonly<{
  stdin: ReadStream;
  stdout: WriteStream;
  stderr: NodeJS.WriteStream;
}>;

/** The terminal that this process was started in. */
export function processTerminal({ stdin, stdout, stderr }: Streams = process): Terminal {
  const readAll = (): Promise<string> => text(stdin);
  return {
    print: (line) => void stdout.write(`${line}\n`),
    complain: (line) => void stderr.write(`${line}\n`),
    readAll,
    askSecret: async (question) => {
      if (!isTerminal(stdin)) return (await readAll()).split('\n', 1)[0]?.replace(/\r$/, '') ?? '';
      stderr.write(question);
      return readHidden(stdin).finally(() => stderr.write('\n'));
    },
    askYes: async (question) => {
      stderr.write(`${question} [y/N] `);
      return /^\s*y(es)?\s*$/i.test(await readLine(stdin));
    },
    openDialog: () => openDialog(stdin, stdout, process.env),
    isPersonTyping: isTerminal(stdin),
  };
}

/** Whatever its type says, `isTTY` is undefined for a file or a pipe. */
function isTerminal({ isTTY }: Readonly<{ isTTY?: boolean }>): boolean {
  return isTTY === true;
}

/** Reads what a person types up to Enter; nothing if there is no more to read. */
async function readLine(input: ReadStream): Promise<string> {
  await Promise.race([once(input, 'readable'), once(input, 'end')]);
  // The terminal hands over whole lines.
  const bytes = input.read() as Buffer | null;
  input.pause();
  return bytes?.toString('utf8') ?? '';
}

/** Reads a line with the terminal's echo off. */
async function readHidden(input: ReadStream): Promise<string> {
  input.setRawMode(true);
  input.resume();
  try {
    let typed = '';
    // Not iterated over: that would end the stream with the first answer.
    for (;;) {
      const [bytes] = (await once(input, 'data')) as [Buffer];
      for (const character of bytes.toString('utf8')) {
        if (character === '\r' || character === '\n') return typed;
        if (character === CONTROL_C || character === CONTROL_D) {
          throw new CommandError('refused', 'nothing was changed');
        }
        typed = ERASE.has(character) ? Array.from(typed).slice(0, -1).join('') : typed + character;
      }
    }
  } finally {
    input.setRawMode(false);
    input.pause();
  }
}
