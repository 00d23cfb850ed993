/** Hosts on a network in the machine, whose links can be cut. Source of the method: row 15 in docs/security.md. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BRIDGE = 'lab';
/** Nobody has it: what is sent there is lost without a word. */
const NOWHERE = '02:00:00:00:00:01';

/** A host: a network namespace with a link to all others, and one to whoever runs the test that is never cut. */
export type LabHost = Readonly<{
  number: number;
  /** Where others reach it. */
  host: string;
  /** Where only the test does. */
  control: string;
  /** Words before a command that is to run there. */
  within: readonly string[];
}>;

/** Must be used in a network namespace of its own, since it leaves everything there. */
export class LabNetwork {
  readonly #hosts: LabHost[] = [];

  async start(): Promise<this> {
    await ip('link', 'add', BRIDGE, 'type', 'bridge');
    await ip('link', 'set', BRIDGE, 'up');
    return this;
  }

  async addHost(): Promise<LabHost> {
    const number = this.#hosts.length + 1;
    const name = nameOf(number);
    const [host, control] = [`10.79.0.${number}`, `10.80.${number}.2`];
    await ip('netns', 'add', name);
    await ip('-n', name, 'link', 'set', 'lo', 'up');
    await ip('link', 'add', linkOf(number), 'type', 'veth', 'peer', 'eth0', 'netns', name);
    await ip('link', 'set', linkOf(number), 'master', BRIDGE, 'up');
    await ip('-n', name, 'address', 'add', `${host}/24`, 'dev', 'eth0');
    await ip('-n', name, 'link', 'set', 'eth0', 'up');
    const ours = `control${number}`;
    await ip('link', 'add', ours, 'type', 'veth', 'peer', 'control', 'netns', name);
    await ip('address', 'add', `10.80.${number}.1/24`, 'dev', ours);
    await ip('link', 'set', ours, 'up');
    await ip('-n', name, 'address', 'add', `${control}/24`, 'dev', 'control');
    await ip('-n', name, 'link', 'set', 'control', 'up');
    const added = { number, host, control, within: ['nsenter', `--net=/run/netns/${name}`] };
    this.#hosts.push(added);
    return added;
  }

  /** As if the cable were pulled at the switch: nothing comes or goes, and the host knows nothing of it. */
  async isolate({ number }: LabHost): Promise<void> {
    await ip('link', 'set', linkOf(number), 'down');
  }

  /** What `from` sends to `to` is lost; the other way goes on working, for what needs no answer. */
  async silence(from: LabHost, to: LabHost): Promise<void> {
    const entry = [to.host, 'lladdr', NOWHERE, 'dev', 'eth0', 'nud', 'permanent'];
    await ip('-n', nameOf(from.number), 'neighbour', 'replace', ...entry);
  }

  /** All is well again. */
  async heal(): Promise<void> {
    for (const { number } of this.#hosts) {
      await ip('link', 'set', linkOf(number), 'up');
      await ip('-n', nameOf(number), 'neighbour', 'flush', 'dev', 'eth0', 'nud', 'permanent');
    }
  }
}

function nameOf(number: number): string {
  return `host${number}`;
}

function linkOf(number: number): string {
  return `port${number}`;
}

async function ip(...words: readonly string[]): Promise<void> {
  await run('ip', words);
}
