/** A process with many clients, which says a line for everything that it was asked. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Crowd = Readonly<{
  /** The next line that it says. */
  next: () => Promise<string>;
  /** Asks for something, and gives the answer. */
  ask: (question: object) => Promise<unknown>;
  end: () => void;
}>;

/** @param words What the child is told on its command line. */
export function startCrowd(child: string, words: readonly (string | number)[]): Crowd {
  const process = spawn(globalThis.process.execPath, [child, ...words.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: AsyncIterator<string, undefined> = createInterface({ input: process.stdout })[
    Symbol.asyncIterator
  ]();
  const next = async (): Promise<string> => {
    const { value } = await lines.next();
    if (value === undefined) throw new Error('the clients ended');
    return value;
  };
  return {
    next,
    ask: async (question) => {
      process.stdin.write(`${JSON.stringify(question)}\n`);
      return JSON.parse(await next()) as unknown;
    },
    end: () => void process.kill(),
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Milliseconds by a clock that all processes of the machine share. */
export function sharedNowMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}
