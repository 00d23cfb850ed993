import { DELIVERY_RETRY_MIN_MS, retryDelayMs } from '../domain/backoff.ts';
import type { Contacts } from '../domain/contacts.ts';
import type { Controls, TakenControls } from '../domain/controls.ts';
import type { Envelopes } from '../domain/envelopes.ts';
import type { Contact, DeliveryOutcome } from '../domain/model.ts';
import type { OwnPresence } from '../domain/own-presence.ts';
import type { Outbox } from '../domain/outbox.ts';
import type { Offered } from '../domain/parcels.ts';
import type { Waiting } from '../domain/waiting.ts';
import type { Clock, Random } from '../domain/ports.ts';
import { REQUESTS_AHEAD_MAX } from '../wire/peer.ts';
import type { SessionAttempts } from '../domain/session-attempts.ts';
import { BatchTexts } from './batch-texts.ts';
import type { BatchResult, PeerCalls } from './peer-calls.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  outbox: Outbox;
  attempts: SessionAttempts;
  controls: Controls;
  envelopes: Envelopes;
  ownPresence: Pick<OwnPresence, 'wasTold'>;
  calls: PeerCalls;
  clock: Clock;
  random: Random;
}>;

/** Batches that follow one another before everything else that is due for the contact has its turn. */
const FOLLOWERS_MAX = 16;
/** With so few messages under way, whatever is written does not wait for the answers to them. */
const FEW_MESSAGES = 4;
/** Behind more of them, so many are worth a request of their own, which costs the contact a sync. */
const WORTH_A_REQUEST = 8;

/** A batch on its way. */
type UnderWay = Readonly<{
  offered: readonly Waiting[];
  /** For each message the envelope that holds it, and what is said of the envelopes. */
  places: readonly number[];
  result: Promise<BatchResult>;
}>;

/** Hands one contact what waits for it, a batch at a time, and sorts what comes of it. */
export class Offers {
  readonly #deps: Dependencies;
  readonly #texts: BatchTexts;
  #controlRefusals = 0;
  /** Requests that the contact takes at once, one behind the other. */
  #ahead = 1;
  /** The contact can read several messages under one seal. */
  #isBundling = false;
  /** Lets more follow what is under way; `undefined` while nothing may. */
  #followMore: (() => void) | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#texts = new BatchTexts(deps.outbox);
  }

  /**
   * Offers the next batch to a contact that is there, and others behind it as long as they are worth it.
   *
   * @returns `undefined` when nothing could be said, because a session comes first.
   */
  async make(contact: Contact): Promise<DeliveryOutcome | undefined> {
    const batch = this.#deps.outbox.nextBatch(contact, { isBundling: this.#isBundling });
    const outcome = await this.#handOver(contact, await this.#texts.load(contact, batch));
    if (outcome !== 'ok') this.#texts.forget();
    return outcome;
  }

  /** More waits for the contact: it may follow what is under way. */
  more(): void {
    this.#followMore?.();
  }

  /** Hands messages over, together with what is owed to the contact besides. */
  async #handOver(
    contact: Contact,
    found: readonly Offered[],
  ): Promise<DeliveryOutcome | undefined> {
    const { calls, envelopes, controls } = this.#deps;
    const taken = controls.take(contact);
    const followers: UnderWay[] = [];
    let offered: readonly Waiting[] = [];
    let result: BatchResult | undefined;
    try {
      const wrapped = await envelopes.wrap(contact, {
        offered: found,
        controls: taken.controls,
        isBundling: this.#isBundling,
      });
      // The session went while we looked.
      if (wrapped === undefined) return undefined;
      const { places } = wrapped;
      offered = this.#noteLeaving(contact, found, places);
      const handshakes = taken.handshakes.map((one) => envelopes.handshake(contact, one));
      const all = [...wrapped.messages, ...handshakes, ...wrapped.controls];
      const first = { offered, places, result: calls.offer(contact, all, this.#ahead > 1) };
      result = await this.#answerTo(first, contact, followers);
    } finally {
      const isDone =
        result?.outcome === 'ok' && result.accepted.slice(offered.length).every(Boolean);
      const isThere = result?.outcome === 'ok' || result?.outcome === 'refused';
      if (isDone) this.#controlRefusals = 0;
      else taken.putBack(isThere ? this.#nextControlsMs() : 0);
    }
    if (result.outcome === 'ok') await this.#noteGreeting(contact, taken);
    const outcome = this.#settle(contact, offered, result);
    await this.#settleFollowers(contact, followers, result.outcome === 'ok');
    return outcome;
  }

  /** @returns What leaves: of what was found as much as there are envelopes for. */
  #noteLeaving(
    contact: Contact,
    found: readonly Offered[],
    places: readonly number[],
  ): readonly Waiting[] {
    const leaving = found.slice(0, places.length);
    this.#deps.outbox.offered(
      contact,
      leaving.map(({ message }) => message),
    );
    return leaving.map(({ waiting }) => waiting);
  }

  /** Waits for an answer, and lets others follow meanwhile: what waits already, and what is written until then. */
  async #answerTo(first: UnderWay, contact: Contact, followers: UnderWay[]): Promise<BatchResult> {
    let following = this.#followUp(contact, first, followers);
    let isDue = false;
    let isAnswered = false;
    this.#followMore = () => {
      if (isDue) return;
      isDue = true;
      // A turn later, so that messages of one commit travel together.
      following = following.then(async () => {
        isDue = false;
        // The answer may say that nothing shall follow, so it is looked at first.
        if (!isAnswered) await this.#followUp(contact, first, followers);
      });
    };
    try {
      return perMessage(await first.result, first.places);
    } finally {
      isAnswered = true;
      this.#followMore = undefined;
      await following;
    }
  }

  /**
   * Sends batches behind what is under way, as many as the contact takes, and encrypts what comes next, so that neither
   * side waits for the other's arithmetic.
   */
  async #followUp(contact: Contact, first: UnderWay, followers: UnderWay[]): Promise<void> {
    if (contact.encryption !== 'dr1') return;
    const taken = new Set([first, ...followers].flatMap(({ offered }) => offered));
    const isTaken = (one: Waiting): boolean => taken.has(one);
    try {
      while (1 + followers.length < this.#ahead) {
        const next = this.#worthFollowing(contact, isTaken, taken.size);
        const follower = next.length === 0 ? undefined : await this.#follow(contact, next);
        if (follower === undefined) break;
        for (const one of follower.offered) taken.add(one);
        followers.push(follower);
      }
      await this.#sealAhead(contact, isTaken);
    } catch {
      // A disk that refuses is met again, and reported, when their turn comes.
    }
  }

  /** What waits, if it is worth a request of its own while others are under way; else nothing. */
  #worthFollowing(
    contact: Contact,
    isTaken: (one: Waiting) => boolean,
    underWay: number,
  ): readonly Waiting[] {
    const { batch, isFull } = this.#deps.outbox.next(contact, {
      isTaken,
      isBundling: this.#isBundling,
    });
    const isWorthIt = underWay <= FEW_MESSAGES || batch.length >= WORTH_A_REQUEST || isFull;
    return isWorthIt ? batch : [];
  }

  /** @returns `undefined` when nothing of it can be read, or nothing is under way any more that it could follow. */
  async #follow(contact: Contact, next: readonly Waiting[]): Promise<UnderWay | undefined> {
    const { calls, envelopes } = this.#deps;
    const found = await this.#texts.load(contact, next);
    const isBundling = this.#isBundling;
    const wrapped = await envelopes.wrap(contact, { offered: found, isBundling });
    const [first, ...others] = wrapped?.messages ?? [];
    if (wrapped === undefined || first === undefined || !this.#isWanted(contact)) return undefined;
    const result = calls.follow(contact, [first, ...others]);
    if (result === undefined) return undefined;
    const { places } = wrapped;
    return { offered: this.#noteLeaving(contact, found, places), places, result };
  }

  /** Whether nothing has happened that must keep messages back. */
  #isWanted({ number }: Contact): boolean {
    const contact = this.#deps.contacts.byNumber(number);
    return contact !== undefined && !contact.isBlocked && contact.candidate === undefined;
  }

  /** Waits for the answers, and lets others follow as long as all goes well. */
  async #settleFollowers(
    contact: Contact,
    followers: UnderWay[],
    isWellSoFar: boolean,
  ): Promise<void> {
    let isWell = isWellSoFar;
    for (let i = 1; ; i++) {
      const next = followers.shift();
      if (next === undefined) return;
      const mayFollow = isWell && i < FOLLOWERS_MAX;
      const result = mayFollow
        ? await this.#answerTo(next, contact, followers)
        : perMessage(await next.result, next.places);
      // What broke off is offered again at once, alone, and that tells what is the matter.
      if (result.outcome === 'ok') isWell &&= this.#settle(contact, next.offered, result) === 'ok';
      else isWell = false;
    }
  }

  #settle(contact: Contact, offered: readonly Waiting[], result: BatchResult): DeliveryOutcome {
    if (result.outcome === 'refused') {
      // It is there and takes none of this as it is: asked again at once it would say the same.
      this.#deps.outbox.refused(contact, offered);
      return result.outcome;
    }
    if (result.outcome !== 'ok') {
      this.#deps.outbox.noteAttempt(contact, offered, result.outcome, undefined);
      return result.outcome;
    }
    this.#ahead = Math.min(result.ahead, REQUESTS_AHEAD_MAX);
    this.#isBundling = result.bundles;
    const outcome = this.#sort(contact, offered, result);
    if (result.isTroubled) this.recover(contact);
    return outcome;
  }

  async #sealAhead(contact: Contact, isTaken: (one: Waiting) => boolean): Promise<void> {
    const { outbox, envelopes } = this.#deps;
    const isBundling = this.#isBundling;
    const next = outbox.nextBatch(contact, { isTaken, isBundling });
    const offered = await this.#texts.loadAhead(next);
    if (offered.length > 0) await envelopes.wrap(contact, { offered, isBundling });
  }

  /** What a reachable contact refuses is offered later, and ever more seldom. @returns Monotonic time. */
  #nextControlsMs(): number {
    const { clock, random } = this.#deps;
    this.#controlRefusals += 1;
    const delayMs = retryDelayMs(this.#controlRefusals, DELIVERY_RETRY_MIN_MS, random.fraction);
    return clock.monotonicMs() + delayMs;
  }

  /** The token of a contact link is shown once, and what we show of our being here is told once. */
  async #noteGreeting(contact: Contact, { controls }: TakenControls): Promise<void> {
    const greetings = controls.flatMap(({ body }) => (body.type === 'hello' ? [body] : []));
    for (const { presence } of greetings) {
      if (presence !== undefined) this.#deps.ownPresence.wasTold(contact, presence);
    }
    if (greetings.some(({ invitation }) => invitation !== undefined))
      await this.#deps.contacts.update(contact, { expected: undefined });
  }

  /**
   * It could not read what we wrote: another session, and all that waits encrypted anew (E10). Nothing of it is offered
   * sooner for that: whoever can read nothing at all would keep us busy.
   */
  recover(contact: Contact): void {
    this.#deps.attempts.troubled(contact);
    this.#deps.outbox.unseal(contact);
  }

  #sort(
    contact: Contact,
    offered: readonly Waiting[],
    { accepted, isFull }: Readonly<{ accepted: readonly boolean[]; isFull: boolean }>,
  ): DeliveryOutcome {
    const { outbox } = this.#deps;
    const delivered = offered.filter((_, index) => accepted[index] === true);
    const refused = offered.filter((_, index) => accepted[index] !== true);
    if (contact.encryption === 'dr1') outbox.accepted(contact, delivered);
    else if (delivered.length > 0) outbox.delivered(contact, delivered, '');
    if (refused.length === 0) return 'ok';
    if (isFull) {
      // These wait with everything behind them: whatever came after would get there before them.
      outbox.noteAttempt(contact, refused, 'busy', undefined);
      return 'busy';
    }
    outbox.refused(contact, refused);
    return refused.length === offered.length ? 'refused' : 'ok';
  }
}

/** With a verdict for each message instead of each envelope; behind them those of all else. */
function perMessage(result: BatchResult, places: readonly number[]): BatchResult {
  if (result.outcome !== 'ok') return result;
  const { accepted } = result;
  const controls = accepted.slice((places.at(-1) ?? -1) + 1);
  return { ...result, accepted: [...places.map((place) => accepted[place] === true), ...controls] };
}
