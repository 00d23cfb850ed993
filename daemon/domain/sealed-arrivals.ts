import type { Address } from '../wire/address.ts';
import type { InnerMessage } from '../wire/dr1-inner.ts';
import type { WireMessage } from '../wire/peer.ts';
import { formatTimestamp } from '../wire/timestamp.ts';
import type { Contact, NewMessage, StoredMessage } from './model.ts';
import type { Opening } from './openings.ts';
import type { PeerDeletions } from './peer-deletions.ts';
import type { Clock, MessageStore } from './ports.ts';

type Dependencies = Readonly<{
  messages: MessageStore;
  deletions: PeerDeletions;
  clock: Clock;
}>;

/** Whose messages they are, and the relay that brought them. */
type Way = Readonly<{ sender: Contact; via: Address | undefined }>;

type Words = Extract<InnerMessage, { type: 'msg' }>;
type Withdrawal = Extract<InnerMessage, { type: 'del' }>;

/** What comes together. */
type Batch = Readonly<{
  fresh: Map<string, NewMessage>;
  /** Ids that the journal has. */
  known: Set<string>;
}>;

/** Makes durable what was read from envelopes: every message once, and none that was taken back. */
export class SealedArrivals {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Makes durable what is new; to be called for one batch of a sender after the other.
   *
   * @param envelopes What each of `openings` was read from.
   * @returns What is new.
   * @throws {StorageError} Not all of it is durable.
   */
  async store(
    way: Way,
    envelopes: readonly WireMessage[],
    openings: readonly Opening[],
  ): Promise<readonly StoredMessage[]> {
    const { deletions, messages } = this.#deps;
    const { sender } = way;
    // Asked once: most of what comes is new, and one question for each message would cost more than its answer.
    const known = new Set(await messages.known(sender.number, 'in', idsOf(openings)));
    const batch = { fresh: new Map<string, NewMessage>(), known };
    const gone: StoredMessage[] = [];
    for (const [index, opening] of openings.entries()) {
      const envelope = envelopes[index];
      if (opening.kind !== 'read' || envelope === undefined) continue;
      for (const inner of opening.inners) {
        if (inner.type === 'msg' && !isIn(batch, inner.id)) {
          batch.fresh.set(inner.id, this.#toNewMessage(way, envelope, inner));
        } else if (inner.type === 'msg' || inner.type === 'unknown') {
          // A message that was taken back before it came was never counted by its own number.
          await deletions.count(sender, sequenceOf(sender, inner));
        } else if (inner.type === 'del') {
          const message = await this.#takeBack(sender, inner, batch);
          if (message !== undefined) gone.push(message);
        }
      }
    }
    try {
      return await messages.add([...batch.fresh.values()]);
    } finally {
      // Gone they are, whatever becomes of the others.
      deletions.announce(sender, gone);
    }
  }

  /** @returns What was deleted here. */
  async #takeBack(
    sender: Contact,
    { id, target, isFinal, sequence: wireSequence }: Withdrawal,
    { fresh, known }: Batch,
  ): Promise<StoredMessage | undefined> {
    const { deletions } = this.#deps;
    const sequence = sequenceOf(sender, { sequence: wireSequence });
    // What was only cancelled may be sent again, and what came of it stays.
    if (!isFinal || !deletions.isOn) {
      await deletions.count(sender, sequence);
      return undefined;
    }
    // What came in the same breath is not even stored, nor what comes after it.
    fresh.delete(target);
    known.add(target);
    return deletions.honour(sender, { requestId: id, target, sequence });
  }

  #toNewMessage({ sender, via }: Way, { to }: WireMessage, inner: Words): NewMessage {
    return {
      conversation: sender.number,
      id: inner.id,
      direction: 'in',
      from: sender.address,
      to,
      text: inner.text,
      wireTimestamp: formatTimestamp(inner.timestamp),
      timestamp: inner.timestamp,
      receivedAt: this.#deps.clock.nowMs(),
      enctype: 'dr1',
      sequence: sequenceOf(sender, inner),
      via,
    };
  }
}

function isIn({ fresh, known }: Batch, id: string): boolean {
  return fresh.has(id) || known.has(id);
}

/** Of the messages that somebody wrote. */
function idsOf(openings: readonly Opening[]): readonly string[] {
  return openings.flatMap((opening) => {
    const inners = opening.kind === 'read' ? opening.inners : [];
    return inners.flatMap(({ type, id }) => (type === 'msg' ? [id] : []));
  });
}

/** An incoming message's number in our journal. */
function sequenceOf(
  { peerSequenceBase }: Contact,
  { sequence }: Pick<InnerMessage, 'sequence'>,
): number {
  return sequence + peerSequenceBase;
}
