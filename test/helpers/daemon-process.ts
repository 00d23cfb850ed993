import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { parseAddress, type Address } from '../../daemon/wire/address.ts';
import { Api, contactPath } from './api.ts';
import { eventually } from './eventually.ts';
import { freezeProcess, thawProcess } from './standstill.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { Wiretap } from './wiretap.ts';

const MAIN = fileURLToPath(new URL('../../daemon/main.js', import.meta.url));
/** As `npm start` and the unit in `packaging/` say it (docs/security.md, 3.1). */
const HARDENED = '--disable-proto=delete';

/** How a daemon is started. */
export type DaemonOptions = Readonly<{
  /** `''` leaves the choice to the GUI. */
  nick?: string;
  /** Loopback host of the peer listener. */
  host?: string;
  /** Its port; else one that is free. */
  port?: number;
  data?: string;
  /** Where its GUI listener is. */
  gui?: string;
  /** Words before its command, e.g. to let it live in another network. */
  within?: readonly string[];
  environment?: Readonly<Record<string, string>>;
  /** Somebody on the way, whose address it tells others as its own. */
  behind?: Wiretap;
  /** Words for Node itself. */
  nodeArguments?: readonly string[];
}>;

/** A whole daemon in a process of its own, as a person would start it; it can be killed and come back. */
export class DaemonProcess {
  readonly data: string;
  readonly #options: DaemonOptions;
  #child: ChildProcess | undefined;
  #api: Api | undefined;
  #host: string;
  #peerPort = 0;
  #loginUrl = '';
  #hubUrl = '';
  #debuggerUrl = '';
  #log = '';
  #ready: Promise<unknown> = Promise.resolve();

  constructor(data: string, options: DaemonOptions) {
    this.data = data;
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    this.#peerPort = options.port ?? 0;
  }

  /** Address of its peer listener, the same after every start. */
  get address(): Address {
    return this.#options.behind?.address ?? this.#listener;
  }

  get #listener(): Address {
    return parseAddress(`${bracketed(this.#host)}:${this.#peerPort}`);
  }

  /** Lets it live somewhere else from its next start on. */
  moveTo(host: string, port = 0): void {
    this.#host = host;
    this.#peerPort = port;
  }

  get api(): Api {
    if (this.#api === undefined) throw new Error('the daemon was never started');
    return this.#api;
  }

  get nick(): string {
    return this.#options.nick ?? 'test';
  }

  /** GUI link with a ticket that nobody has used yet. */
  get loginUrl(): string {
    return this.#loginUrl;
  }

  /** Where guests come in; `''` unless the environment says so. */
  get hubUrl(): string {
    return this.#hubUrl;
  }

  /** The debugger's link; `''` unless the environment says `DEBUG=true`. */
  get debuggerUrl(): string {
    return this.#debuggerUrl;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** Whether its process is there. */
  get isRunning(): boolean {
    const child = this.#child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Everything it wrote to standard error. */
  get log(): string {
    return this.#log;
  }

  /** Lines of its log about what should never happen. */
  get defects(): readonly string[] {
    return this.#log.split('\n').filter((line) => line.includes('"something broke"'));
  }

  /** Starts it and waits until it is ready. */
  start(): Promise<this> {
    const starting = this.#start();
    // Whoever called start hears of a failure.
    this.#ready = starting.catch(() => undefined);
    return starting;
  }

  /** Resolves when no start is under way any more. */
  async untilReady(): Promise<void> {
    await this.#ready;
  }

  async #start(): Promise<this> {
    const { behind, environment = {}, nodeArguments = [], within = [] } = this.#options;
    const { gui = '127.0.0.1:0' } = this.#options;
    const peer = `${bracketed(this.#host)}:${this.#peerPort}`;
    const [command, ...words] = [...within, process.execPath, HARDENED];
    const child = spawn(
      command,
      [
        ...words,
        ...nodeArguments,
        ...[MAIN, 'start', '--data', this.data, '--peer', peer, '--gui', gui],
        ...(behind === undefined ? [] : ['--address', behind.address]),
        ...(this.nick === '' ? [] : ['--nick', this.nick]),
      ],
      { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    const urls = await this.#announced(child);
    this.#peerPort = Number(new URL(urls.get('peer') ?? '').port);
    behind?.leadTo(this.#listener);
    this.#loginUrl = urls.get('gui') ?? '';
    this.#hubUrl = urls.get('hub') ?? '';
    this.#debuggerUrl = urls.get('debugger') ?? '';
    const token = (await readFile(join(this.data, 'api-token'), 'utf8')).trim();
    this.#api = new Api(new URL(this.#loginUrl).origin, token);
    return this;
  }

  /** Codes of what it told its owner about its files, since the first start. */
  get notices(): readonly string[] {
    const lines = this.#log.split('\n').filter((line) => line.includes('"event":"notice"'));
    return lines.flatMap((line) => /"code":"(\w+)"/.exec(line)?.[1] ?? []);
  }

  /**
   * Lets it stand still, as when a laptop is closed; its connections stay open. Resolves when none of its threads does
   * anything any more.
   */
  async freeze(): Promise<void> {
    if (this.isRunning) await freezeProcess(this.pid);
  }

  /** Lets it go on. */
  thaw(): void {
    if (this.isRunning) thawProcess(this.pid);
  }

  /** Ends it as a power cut of the process would. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it as its owner would. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || !this.isRunning) return null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  async #announced(child: ChildProcess): Promise<ReadonlyMap<string, string>> {
    const urls = new Map<string, string>();
    if (child.stdout === null) throw new Error('no standard output');
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'ready') return urls;
      const [name = '', url = ''] = line.split(/\s+/);
      urls.set(name, url);
    }
    throw new Error(`the daemon ended before it was ready: ${this.#log}`);
  }
}

/** Starts a daemon that ends with the test. */
export async function startDaemonProcess(
  t: ExecutionContext,
  options: DaemonOptions = {},
): Promise<DaemonProcess> {
  const daemon = new DaemonProcess(options.data ?? (await temporaryFolder(t)), options);
  t.teardown(() => daemon.kill());
  return daemon.start();
}

/** Makes two daemons contacts of each other, as their owners would. */
export async function befriend(one: DaemonProcess, other: DaemonProcess): Promise<void> {
  await one.api.post('/api/contacts', { address: other.address });
  await eventually(async () => (await other.api.contact(one.address))?.state === 'request');
  await other.api.post(`${contactPath(one.address)}/accept`);
  await eventually(async () => (await one.api.contact(other.address))?.state === 'established');
  await eventually(
    async () => (await one.api.contact(other.address))?.other_info.handshake === 'answered',
  );
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
