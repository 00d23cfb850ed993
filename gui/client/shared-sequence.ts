/**
 * A text or a list that several edit at once: what the daemon has told, what is wished here, and what is shown, which is
 * both together.
 *
 * One wish is on its way at a time. What others do meanwhile moves the wishes, and the wishes move what others do on its way
 * to the screen. Nothing here sends or waits.
 */
import type { Edit } from '../../daemon/wire/edits.ts';
import { ClientError } from './errors.ts';
import { differenceOf, type Kind } from './kinds.ts';
import { applyParts, bringTogether, isEffective, toEdits, undoParts, type Parts } from './parts.ts';
import { RecentOwn } from './recent-own.ts';
import { fateOf, hasAllOf, NOWHERE, placeOf, type Place } from './resumed.ts';
import type { Settled } from './settled.ts';
import type { TopicChange } from './topic-frames.ts';
import { createWish, fulfil, mergeInto, refuse, split, type Wish } from './wish.ts';

export class SharedSequence<Content> {
  readonly #kind: Kind<Content>;
  readonly #recent: RecentOwn<Content>;
  /** What the daemon has told. */
  #told: Content;
  /** What is shown: `#told` with all wishes. */
  #shown: Content;
  #wishes: Wish<Content>[] = [];
  #place: Place = NOWHERE;

  constructor(kind: Kind<Content>) {
    this.#kind = kind;
    this.#recent = new RecentOwn(kind);
    this.#told = kind.empty;
    this.#shown = kind.empty;
  }

  get shown(): Content {
    return this.#shown;
  }

  get told(): Content {
    return this.#told;
  }

  /** Whether all wishes have come true. */
  get isSettled(): boolean {
    return this.#wishes.length === 0;
  }

  /** Ids of changes of which it is not known what became. */
  get unanswered(): readonly string[] {
    return this.#wishes.flatMap(({ id, state }) =>
      state === 'lost' && id !== undefined ? [id] : [],
    );
  }

  /**
   * Goes on with what an earlier life of this client had not got through, before the daemon has told anything.
   *
   * @param told  What the daemon had told then.
   * @param shown What was shown then.
   */
  restore(told: Content, shown: Content): void {
    const parts = differenceOf(this.#kind, told, shown);
    this.#told = told;
    this.#shown = shown;
    const wish = createWish({ parts }, []);
    // Nobody knows whether it was sent.
    wish.state = 'lost';
    this.#wishes = parts.length === 0 ? [] : [wish];
  }

  /** Makes edits here, to be sent later. @returns What changed. */
  edit(parts: Parts<Content>, makers: readonly Settled<undefined>[]): readonly Edit[] {
    const last = this.#wishes.at(-1);
    const [only] = parts;
    if (last?.whole !== undefined && last.state === 'waiting') {
      this.#wishes.pop();
      const whole = applyParts(this.#kind, last.whole, parts);
      this.#wishes.push(createWish({ whole }, [...last.makers, ...makers]));
    } else if (parts.length === 1 && only && last && mergeInto(this.#kind, last, only)) {
      last.makers.push(...makers);
    } else {
      this.#wishes.push(createWish({ parts }, makers));
    }
    return this.#show(parts);
  }

  /** Sets the whole value, whatever others do meanwhile. @returns What changed. */
  set(whole: Content, makers: readonly Settled<undefined>[]): readonly Edit[] {
    const overwritten = this.#wishes.filter(({ state }) => state === 'waiting');
    this.#wishes = this.#wishes.filter(({ state }) => state !== 'waiting');
    const all = [...overwritten.flatMap((wish) => wish.makers), ...makers];
    this.#wishes.push(createWish({ whole }, all));
    return this.#show(differenceOf(this.#kind, this.#shown, whole));
  }

  /** The change to send next, if none is on its way. */
  takeNext(createId: () => string): TopicChange | undefined {
    this.#dropDone();
    const [wish] = this.#wishes;
    if (wish === undefined || wish.state === 'sent' || wish.state === 'lost') return undefined;
    const again = wish.state === 'again';
    const id = again && wish.id !== undefined ? wish.id : createId();
    wish.id = id;
    wish.state = 'sent';
    wish.isOvertaken = false;
    return { ...this.#toChange(wish), id, ...(again && { again }) };
  }

  /** The line broke: what was on its way may have arrived. */
  lose(nowMs: number): void {
    const [first] = this.#wishes;
    this.#recent.keepFresh(nowMs);
    if (first?.state === 'sent') first.state = 'lost';
  }

  /** The daemon tells a change. @returns What changed on the screen. */
  hear(change: TopicChange, nowMs: number): readonly Edit[] {
    const heard = this.#partsOf(change);
    const { version } = change;
    this.#place = {
      ...this.#place,
      version: typeof version === 'number' ? version : this.#place.version + 1,
    };
    const [first] = this.#wishes;
    if (change.id !== undefined && first?.id === change.id) {
      const edits = this.#confirm(first, heard);
      this.#noteOwn(heard, nowMs);
      return edits;
    }
    if (change.type === 'set' && first?.state === 'sent') first.isOvertaken = true;
    return this.#absorb(heard);
  }

  /** The daemon refused a change of ours. @returns What changed on the screen. */
  hearRejection(id: string | undefined, reason: string): readonly Edit[] {
    const [first] = this.#wishes;
    if (first?.state !== 'sent' || first.id !== id) return [];
    if (first.isOvertaken && first.whole === undefined) {
      // What was typed into a text that somebody replaced is still wanted.
      first.state = 'waiting';
      return [];
    }
    refuse(first, new ClientError('rejected', reason));
    return this.#withdraw(first);
  }

  /**
   * The first update of a subscription.
   *
   * @param hasRestarted The daemon is another run than before, and may not have saved what was told last.
   * @returns            What changed on the screen.
   */
  resume(change: TopicChange, hasRestarted: boolean): readonly Edit[] {
    const value = this.#kind.valueOf(change) ?? this.#told;
    const [first] = this.#wishes;
    if (first?.state === 'lost') this.#judge(first, change, value);
    const seen = this.#place;
    this.#place = placeOf(change);
    const difference = differenceOf(this.#kind, this.#told, value);
    if (!hasRestarted || hasAllOf(seen, this.#place)) return this.#absorb(difference);
    const { kept, missing } = this.#recent.salvage(this.#told, difference);
    const moved = this.#moveWishes(kept);
    this.#tell(difference);
    if (missing.length > 0) this.#wishes.unshift(createWish({ parts: missing }, []));
    return this.#show(moved);
  }

  /** Tells everybody who waits that it did not come about so far; what was wished stays. */
  disappoint(error: ClientError): void {
    for (const { makers } of this.#wishes) refuse({ makers: makers.splice(0) }, error);
  }

  /** Finds out whether what was on its way has arrived. */
  #judge(wish: Wish<Content>, change: TopicChange, value: Content): void {
    const fate = fateOf(wish.id, this.#place, change);
    if (fate === 'applied' || (fate === 'unknown' && this.#isIn(wish, value))) {
      const { whole, parts } = wish;
      this.#tell(whole === undefined ? parts : differenceOf(this.#kind, this.#told, whole));
      this.#wishes.shift();
      fulfil(wish);
      return;
    }
    wish.state = fate === 'not applied' ? 'again' : 'waiting';
  }

  /** Whether a value looks as if a wish had come true in it, and not as if it had not. */
  #isIn(wish: Wish<Content>, value: Content): boolean {
    const kind = this.#kind;
    const { length } = kind;
    if (wish.whole !== undefined) return differenceOf(kind, wish.whole, value).length === 0;
    const changed = differenceOf(kind, this.#told, value);
    return wish.parts.every(({ at, removed, content }) =>
      length(content) > 0
        ? changed.some((part) => kind.includes(part.content, content))
        : changed.some((part) => part.at <= at && part.at + part.removed >= at + removed),
    );
  }

  /** A wish has come true, at the place that the daemon found for it. */
  #confirm(wish: Wish<Content>, heard: Parts<Content>): readonly Edit[] {
    const expected = toEdits(this.#kind, wish.parts);
    const isExpected =
      wish.whole !== undefined ||
      JSON.stringify(expected) === JSON.stringify(toEdits(this.#kind, heard));
    fulfil(wish);
    if (!isExpected) return [...this.#withdraw(wish), ...this.#absorb(heard)];
    this.#wishes.shift();
    this.#tell(heard);
    return [];
  }

  /** Takes the first wish back. */
  #withdraw(wish: Wish<Content>): readonly Edit[] {
    this.#wishes.shift();
    const undoing =
      wish.whole === undefined
        ? undoParts(this.#kind, this.#told, wish.parts)
        : differenceOf(this.#kind, wish.whole, this.#told);
    return this.#show(this.#moveWishes(undoing));
  }

  /** Something happened before all wishes. */
  #absorb(parts: Parts<Content>): readonly Edit[] {
    this.#tell(parts);
    return this.#show(this.#moveWishes(parts));
  }

  #tell(parts: Parts<Content>): void {
    this.#told = applyParts(this.#kind, this.#told, parts);
    this.#recent.move(toEdits(this.#kind, parts));
  }

  /** Notes what was put in here and is told now. */
  #noteOwn(parts: Parts<Content>, nowMs: number): void {
    for (const { at, content } of parts) {
      const size = this.#kind.length(content);
      if (size > 0) this.#recent.add(at, size, nowMs);
    }
  }

  /** @returns What happened, as it looks after all wishes. */
  #moveWishes(parts: Parts<Content>): Parts<Content> {
    let moving = parts;
    for (const wish of this.#wishes) {
      // Whatever it was, it is overwritten.
      if (wish.whole !== undefined) return [];
      const { first, second } = bringTogether(this.#kind, moving, wish.parts);
      moving = first;
      wish.parts = second;
    }
    return moving;
  }

  #show(parts: Parts<Content>): readonly Edit[] {
    this.#shown = applyParts(this.#kind, this.#shown, parts);
    return toEdits(this.#kind, parts);
  }

  /** Takes out what others have done already, and cuts what can't be sent in one piece. */
  #dropDone(): void {
    for (let [wish] = this.#wishes; wish !== undefined; [wish] = this.#wishes) {
      if (wish.whole !== undefined || wish.state === 'sent' || wish.state === 'lost') return;
      const pieces = split(this.#kind, wish);
      this.#wishes.splice(0, 1, ...pieces);
      if (pieces.length > 0) return;
      this.#settleEmpty(wish);
    }
  }

  #settleEmpty(wish: Wish<Content>): void {
    // Of a text what is gone is gone; an item of a list can be taken only once.
    if (this.#kind.maxUnits > 1) fulfil(wish);
    else refuse(wish, new ClientError('rejected', 'somebody else took that item away'));
  }

  #toChange({ parts: [part], whole }: Wish<Content>): TopicChange {
    if (whole !== undefined || part === undefined) return { type: 'set', value: whole };
    const { slice } = this.#kind;
    const removed = slice(this.#told, part.at, part.at + part.removed);
    return { ...this.#kind.toChange(part, removed), base: this.#place.version };
  }

  #partsOf(change: TopicChange): Parts<Content> {
    const { valueOf, partOf } = this.#kind;
    const value = change.type === 'set' ? valueOf(change) : undefined;
    if (value !== undefined) return differenceOf(this.#kind, this.#told, value);
    const part = partOf(change);
    return part === undefined || !isEffective(this.#kind, part) ? [] : [part];
  }
}
