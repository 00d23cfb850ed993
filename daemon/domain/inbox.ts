import { splitAddress, type Address } from '../wire/address.ts';
import type { E2eTrouble } from '../wire/e2e.ts';
import type { WireMessage } from '../wire/peer.ts';
import { plainMessageId } from '../crypto/digest.ts';
import { isOwnBehindNat } from './address-policy.ts';
import type { Contacts } from './contacts.ts';
import type { DomainEvents } from './events.ts';
import type { Contact, NewMessage } from './model.ts';
import type { Pinning } from './pinning.ts';
import type { Clock, MessageStore } from './ports.ts';
import type { SealedInbox } from './sealed-inbox.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  messages: MessageStore;
  events: DomainEvents;
  clock: Clock;
  sealed: SealedInbox;
  pinning: Pinning;
}>;

/** Enctypes of what is sealed, handshakes past a friend among it. */
const SEALED: ReadonlySet<string> = new Set(['dr1', 'hs1', 'hs2']);

/** What became of messages. */
export type Received = Readonly<{
  /** One answer a message, in order: `true` once it is durable here, or was before. */
  accepted: readonly boolean[];
  /** Some were not taken because they could not be stored: they are to come again, before all others. */
  isHindered: boolean;
  /** What to tell the hop, if it proved who it is, of messages of its own that we could not read (E10). */
  trouble: E2eTrouble | undefined;
}>;

/** A message's verdict: whether it is durable here, not wanted, or could not be stored. */
type Verdict = boolean | 'hindered';
type Ruling = Promise<Verdict>;

/** Takes messages from peers: once each, durable before anybody is told so (D9). */
export class Inbox {
  readonly #deps: Dependencies;
  /** Messages that are being stored right now, so that a parallel copy waits for the same write. */
  readonly #arriving = new Map<string, Ruling>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Takes what a hop hands over, its own messages and those it relays, sealed and plain.
   *
   * @param hop        The contact that proved its access key and, if it encrypts, its identity.
   * @param sourceHost Host that the request came from.
   */
  async receive(
    hop: Contact,
    sourceHost: string,
    messages: readonly WireMessage[],
  ): Promise<Received> {
    if (messages.every(({ enctype }) => enctype === '')) {
      const rulings = await this.#receivePlain(hop, sourceHost, messages);
      return { ...sumUp(rulings), trouble: undefined };
    }
    const sealed = placesOf(messages, ({ enctype }) => SEALED.has(enctype));
    const plain = placesOf(messages, ({ enctype }) => enctype === '');
    const verdicts = messages.map((): Verdict => false);
    const ruling = await this.#deps.sealed.receive(hop, valuesOf(sealed));
    const rulings = await this.#receivePlain(hop, sourceHost, valuesOf(plain));
    for (const [i, { index }] of sealed.entries()) verdicts[index] = ruling.accepted[i] === true;
    for (const [i, { index }] of plain.entries()) verdicts[index] = rulings[i] ?? false;
    const { accepted, isHindered } = sumUp(verdicts);
    return { accepted, isHindered: isHindered || ruling.isHindered, trouble: ruling.trouble };
  }

  async #receivePlain(
    hop: Contact,
    sourceHost: string,
    messages: readonly WireMessage[],
  ): Promise<readonly Verdict[]> {
    const fresh: Fresh[] = [];
    const rulings: Ruling[] = [];
    for (const message of messages) rulings.push(this.#rule(hop, sourceHost, message, fresh));
    // Nothing was awaited so far: all of this batch is reserved before another request is looked at.
    const checked = await this.#dropKnown(fresh);
    await this.#store(checked);
    return Promise.all(rulings);
  }

  #rule(hop: Contact, sourceHost: string, message: WireMessage, fresh: Fresh[]): Ruling {
    const { sender, via } = this.#senderOf(hop, sourceHost, message.from);
    if (sender === undefined || sender.isBlocked) return Promise.resolve(false);
    if (mustEncrypt(sender)) return this.#refuse(sender);
    const id = plainMessageId(message);
    const slot = `${sender.number}/${id}`;
    const arriving = this.#arriving.get(slot);
    if (arriving !== undefined) return arriving;
    const settled = deferred();
    this.#arriving.set(slot, settled.promise);
    fresh.push({
      slot,
      sender,
      settle: settled.resolve,
      message: this.#toNewMessage(sender, id, via, message),
    });
    return settled.promise;
  }

  /** Unprotected, in the name of a contact that encrypts: somebody else's, or a way back that nobody chose (E5). */
  async #refuse(sender: Contact): Promise<boolean> {
    await this.#deps.pinning.countRefused(sender);
    return false;
  }

  /**
   * Whose message it is: the hop's own, or that of a contact for whom the hop relays.
   *
   * A daemon behind NAT knows itself by an address that nobody else uses; what comes from the hop's own host, or
   * names a private address that is nobody's, is the hop's.
   */
  #senderOf(
    hop: Contact,
    sourceHost: string,
    from: Address,
  ): Readonly<{ sender: Contact | undefined; via: Address | undefined }> {
    if (from === hop.address) return { sender: hop, via: undefined };
    const named = this.#deps.contacts.get(from);
    if (named !== undefined) return { sender: named, via: hop.address };
    const { host } = splitAddress(from);
    const hopHost = splitAddress(hop.address).host;
    const isHops = host === sourceHost || host === hopHost || isOwnBehindNat(from, hop.address);
    return { sender: isHops ? hop : undefined, via: undefined };
  }

  #toNewMessage(
    sender: Contact,
    id: string,
    via: Address | undefined,
    { from, to, message, wireTimestamp, timestamp, enctype }: WireMessage,
  ): NewMessage {
    return {
      conversation: sender.number,
      id,
      direction: 'in',
      from,
      to,
      text: message,
      wireTimestamp,
      timestamp,
      receivedAt: this.#deps.clock.nowMs(),
      enctype,
      sequence: undefined,
      via,
    };
  }

  /** Settles what the journal has already; answers the rest. */
  async #dropKnown(fresh: readonly Fresh[]): Promise<readonly Fresh[]> {
    const unknown = new Set(fresh);
    const settle = (one: Fresh, verdict: Verdict): void => {
      unknown.delete(one);
      this.#settle(one, verdict);
    };
    for (const sender of new Set(fresh.map((one) => one.sender))) {
      const from = fresh.filter((one) => one.sender === sender);
      try {
        const ids = from.map(({ message: { id } }) => id);
        const known = new Set(await this.#deps.messages.known(sender.number, 'in', ids));
        for (const one of from) if (known.has(one.message.id)) settle(one, true);
      } catch {
        // The journal can't be read just now: the sender keeps the message and comes again.
        for (const one of from) settle(one, 'hindered');
      }
    }
    return [...unknown];
  }

  async #store(fresh: readonly Fresh[]): Promise<void> {
    if (fresh.length === 0) return;
    try {
      const stored = await this.#deps.messages.add(fresh.map(({ message }) => message));
      for (const [index, one] of fresh.entries()) {
        this.#settle(one, true);
        const message = stored[index];
        if (message !== undefined)
          this.#deps.events.emit('message', { contact: one.sender, message });
      }
      for (const sender of new Set(fresh.map((one) => one.sender))) {
        this.#deps.events.emit('conversation', { address: sender.address });
      }
    } catch {
      // Full disk or worse, which the store has reported: the sender is told no, and sends again later.
      for (const one of fresh) this.#settle(one, 'hindered');
    }
  }

  #settle({ slot, settle }: Fresh, verdict: Verdict): void {
    this.#arriving.delete(slot);
    settle(verdict);
  }
}

/** Whether we know, or were told, that it encrypts. */
function mustEncrypt({ encryption, expected }: Contact): boolean {
  return encryption === 'dr1' || expected !== undefined;
}

type Placed = Readonly<{ message: WireMessage; index: number }>;

function placesOf(
  messages: readonly WireMessage[],
  isMeant: (message: WireMessage) => boolean,
): readonly Placed[] {
  return messages.flatMap((message, index) => (isMeant(message) ? [{ message, index }] : []));
}

function valuesOf(places: readonly Placed[]): readonly WireMessage[] {
  return places.map(({ message }) => message);
}

type Fresh = Readonly<{
  slot: string;
  sender: Contact;
  settle: (verdict: Verdict) => void;
  message: NewMessage;
}>;

function sumUp(verdicts: readonly Verdict[]): Omit<Received, 'trouble'> {
  return {
    accepted: verdicts.map((verdict) => verdict === true),
    isHindered: verdicts.includes('hindered'),
  };
}

function deferred(): Readonly<{ promise: Ruling; resolve: (verdict: Verdict) => void }> {
  let resolve: (verdict: Verdict) => void = () => undefined;
  const promise = new Promise<Verdict>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
