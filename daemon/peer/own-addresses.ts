import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { canonicalHost, classifyHost, splitAddress, type Address } from '../wire/address.ts';
import type { Clock, OwnAddresses } from '../domain/ports.ts';
import {
  addressFor,
  isOwnListener,
  ownAddresses,
  ownHosts,
  type Interfaces,
  type OwnPlace,
} from './overlay.ts';

/** How long what the system says about its interfaces is believed: they rarely change, and asking is dear. */
const INTERFACES_FRESH_MS = 5_000;

type Options = Readonly<{
  place: OwnPlace;
  clock: Clock;
  /** Ports of all our listeners. */
  ports: ReadonlySet<number>;
  readInterfaces?: () => Interfaces;
}>;

/** Our own addresses, as this machine's interfaces are now. */
export class MachineAddresses implements OwnAddresses {
  readonly #options: Options;
  /** Local host of a connection to each peer host, once the system was asked. */
  readonly #localHosts = new Map<string, string>();
  /** What was worked out for each contact since the interfaces were looked at: asked for every message. */
  readonly #told = new Map<Address, Address>();
  #interfaces: Readonly<{ readMs: number; found: Interfaces }> | undefined;
  /** Worked out since then, for the same reason. */
  #listed: readonly Address[] | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  get isLoopbackAllowed(): boolean {
    return classifyHost(this.#options.place.boundHost) === 'loopback';
  }

  /** Every address that friends can use, best first. */
  list(): readonly Address[] {
    const interfaces = this.#read();
    this.#listed ??= ownAddresses(this.#options.place, interfaces);
    return this.#listed;
  }

  isOwn(address: Address): boolean {
    const { ports, place } = this.#options;
    return isOwnListener(address, ports, place, this.#read());
  }

  toldTo(peer: Address): Address {
    const interfaces = this.#read();
    const known = this.#told.get(peer);
    if (known !== undefined) return known;
    const { place } = this.#options;
    const local = this.#localHosts.get(splitAddress(peer).host) ?? this.#boundHost();
    const told = addressFor(peer, local, place, interfaces) ?? this.list()[0];
    if (told === undefined) throw new Error('this machine has no address at all');
    this.#told.set(peer, told);
    return told;
  }

  /** The host that a connection to a peer should come from: ours as the peer knows it, if it is this machine's. */
  localHostFor(peer: Address): string | undefined {
    const { host } = splitAddress(this.toldTo(peer));
    const isSameFamily = host.includes(':') === splitAddress(peer).host.includes(':');
    const isHere = classifyHost(host) === 'loopback' || ownHosts(this.#read()).includes(host);
    return isSameFamily && isHere ? host : undefined;
  }

  /**
   * Finds out from which local address a connection to this peer goes, without sending anything: connecting a
   * datagram socket only asks the routing table.
   */
  async learn(peer: Address): Promise<void> {
    const { host, port } = splitAddress(peer);
    if (this.#options.place.given !== undefined || this.#localHosts.has(host)) return;
    if (this.#boundHost() !== undefined) return;
    const local = await routeTo(host, port);
    if (local === undefined) return;
    this.#localHosts.set(host, local);
    this.#told.clear();
  }

  /** The host that the peer listener is bound to, unless it is bound to all. */
  #boundHost(): string | undefined {
    const { boundHost } = this.#options.place;
    return boundHost === '::' || boundHost === '0.0.0.0' ? undefined : boundHost;
  }

  #read(): Interfaces {
    const { clock, readInterfaces = networkInterfaces } = this.#options;
    const nowMs = clock.monotonicMs();
    const known = this.#interfaces;
    if (known !== undefined && nowMs - known.readMs <= INTERFACES_FRESH_MS) return known.found;
    const found = readInterfaces();
    // What the routing table said holds as long as the machine stays in the same networks.
    if (known !== undefined && !haveSameHosts(found, known.found)) this.#localHosts.clear();
    this.#interfaces = { readMs: nowMs, found };
    this.#told.clear();
    this.#listed = undefined;
    return found;
  }
}

function haveSameHosts(one: Interfaces, other: Interfaces): boolean {
  return ownHosts(one).join() === ownHosts(other).join();
}

function routeTo(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const finish = (local: string | undefined): void => {
      socket.close();
      resolve(local);
    };
    // No route: the attempt itself will tell.
    socket.once('error', () => finish(undefined));
    socket.connect(port, host, () => finish(canonicalHost(socket.address().address)));
  });
}
