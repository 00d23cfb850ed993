/** The overlay lab and the daemons in it, driven the way a person would: by commands. */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { decode } from '../../daemon/wire/check.ts';

const execute = promisify(execFile);

const SCRIPT = 'test/overlay/overlay.sh';
const MAIN = 'build/daemon/main.js';
const OUTPUT_MAX_BYTES = 64 * 2 ** 20;
const STOP_TIMEOUT_MS = 5000;

const Messages = v.array(
  v.object({
    message: v.string(),
    direction: v.picklist(['in', 'out']),
    state: v.string(),
  }),
);

export type Message = v.InferOutput<typeof Messages>[number];

const Contacts = v.array(v.object({ address: v.string(), state: v.string() }));

/** Runs a verb of the lab and returns what it printed. */
export async function lab(...words: readonly string[]): Promise<string> {
  const { stdout } = await execute(SCRIPT, words);
  return stdout.trim();
}

/** Takes the lab down when this process is told to end: namespaces outlive whoever made them. */
export function takeDownWhenTold(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      execFileSync(SCRIPT, ['down']);
      process.exit(1);
    });
  }
}

/** One daemon on a host of the lab. */
export class LabDaemon {
  readonly host: number;
  readonly address: string;
  readonly #dataFolder: string;
  #process: ChildProcess | undefined;

  constructor(host: number, address: string, dataFolder: string) {
    this.host = host;
    this.address = address;
    this.#dataFolder = dataFolder;
  }

  /** Starts the daemon and waits until it says that it is ready. */
  async start(nick: string): Promise<void> {
    const words = ['start', '--gui', '127.0.0.1:0', '--nick', nick];
    const daemon = spawn(SCRIPT, this.#command(words), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = daemon;
    for await (const line of createInterface(daemon.stdout)) {
      if (line === 'ready') return;
    }
    throw new Error(`the daemon on host ${this.host} ended before it was ready`);
  }

  /** Stops the daemon; throws when it does not stop cleanly and in time. */
  async stop(): Promise<void> {
    const daemon = this.#process;
    this.#process = undefined;
    if (daemon?.exitCode !== null) return;
    daemon.kill('SIGTERM');
    const signal = AbortSignal.timeout(STOP_TIMEOUT_MS + 1000);
    const [code] = (await once(daemon, 'exit', { signal })) as [number | null];
    if (code !== 0) throw new Error(`the daemon on host ${this.host} ended with ${String(code)}`);
  }

  /** Runs a command of the command line on this host. */
  async run(...words: readonly string[]): Promise<string> {
    const { stdout } = await execute(SCRIPT, this.#command(words), { maxBuffer: OUTPUT_MAX_BYTES });
    return stdout;
  }

  /** The conversation with another daemon, oldest first. */
  async conversation(other: LabDaemon): Promise<readonly Message[]> {
    const words = ['read', other.address, '--json', '-n', '10000'];
    return decode(Messages, await this.run(...words));
  }

  /** Whether another daemon stands in the address book in this state. */
  async hasContact(other: LabDaemon, state: string): Promise<boolean> {
    const contacts = decode(Contacts, await this.run('contacts', '--json'));
    return contacts.some((contact) => contact.address === other.address && contact.state === state);
  }

  #command(words: readonly string[]): string[] {
    const program = [process.execPath, '--enable-source-maps', MAIN];
    return ['exec', String(this.host), ...program, '--data', this.#dataFolder, ...words];
  }
}
