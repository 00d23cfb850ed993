/** A game that one is in, over reconnections and wherever in a cluster it is played. */
import type { JsonValue } from '../../daemon/wire/topic-terms.ts';
import type { GameAction, TurntableId } from '../../daemon/wire/turntable.ts';
import { closedError, uncertainError, type ClientError } from './errors.ts';
import { Listeners } from './listeners.ts';
import { canonicalText } from './plain-values.ts';
import { createSettled, type Settled } from './settled.ts';
import type { Table } from './table.ts';
import { encodeAction, encodeJoin, encodeLeave, type HeardCommand } from './turntable-frames.ts';

/** Somebody wants us in a game. */
export type GameInvitation = Readonly<{ channel: string; from: TurntableId }>;

/** What a connection tells a game. */
export type GameHearing = Readonly<{
  /** There is a table to sit down at; it may be another one than before. */
  sit: (table: Table) => void;
  /** There is none any more. */
  lose: () => void;
  /** Somebody came, left, or did something. */
  hear: (heard: HeardCommand) => void;
  /** We can't be in it. */
  refuse: (error: ClientError) => void;
}>;

export type GameOptions = Readonly<{
  channel: string;
  /** Our own id. */
  self: TurntableId;
  invite: readonly TurntableId[];
  attach: (hearing: GameHearing) => void;
  onLeave: () => void;
  /** Further invitations were refused. */
  onError: (error: ClientError) => void;
}>;

type Action = Readonly<{ data: JsonValue; settled: Settled<GameAction> }>;

export class Game {
  readonly channel: string;
  readonly #options: GameOptions;
  readonly #joined = createSettled<undefined>();
  readonly #memberListeners = new Listeners<[readonly TurntableId[]]>();
  readonly #actionListeners = new Listeners<[GameAction]>();
  #members: readonly TurntableId[] = [];
  #table: Table | undefined;
  #isIn = false;
  /** Invitations that were not sent, or perhaps in vain. */
  #invite: readonly TurntableId[];
  #waiting: Action[] = [];
  #end: ClientError | undefined;

  constructor(options: GameOptions) {
    this.#options = options;
    this.channel = options.channel;
    this.#invite = options.invite;
    // Whoever does not wait for it need not hear that it won't be.
    this.#joined.promise.catch(() => undefined);
    options.attach({
      sit: (table) => this.#sit(table),
      lose: () => this.#lose(),
      hear: (heard) => this.#hear(heard),
      refuse: (error) => this.#stop(error),
    });
  }

  /**
   * Resolves once we are in it for the first time.
   *
   * @throws {ClientError} `forbidden`, `limit`, …: the daemon did not let us in; `closed`.
   */
  get joined(): Promise<void> {
    return this.#joined.promise;
  }

  /** Who is in it. */
  get members(): readonly TurntableId[] {
    return this.#members;
  }

  /** Calls back whenever somebody joins or leaves. @returns What takes the listener away again. */
  onMembers(listener: (members: readonly TurntableId[]) => void): () => void {
    return this.#memberListeners.add(listener);
  }

  /** Calls back for what anybody in it does, in the order that all see. @returns What takes the listener away again. */
  onAction(listener: (action: GameAction) => void): () => void {
    return this.#actionListeners.add(listener);
  }

  /**
   * Does something; resolves with what all were told. Without a connection it waits for one.
   *
   * @throws {ClientError} `uncertain`: the line broke, and others may have seen it or not; `not_member`, `closed`, …
   */
  act(data: JsonValue): Promise<GameAction> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const settled = createSettled<GameAction>();
    this.#waiting.push({ data, settled });
    this.#sendWaiting();
    return settled.promise;
  }

  /** Invites others, now or as soon as there is a connection. */
  invite(...ids: readonly TurntableId[]): void {
    this.#invite = [...this.#invite, ...ids];
    if (this.#isIn) this.#join();
  }

  leave(): void {
    if (this.#end !== undefined) return;
    this.#table?.send(encodeLeave(this.channel));
    this.#stop(closedError(this.channel));
    this.#options.onLeave();
  }

  #sit(table: Table): void {
    this.#table = table;
    this.#join();
  }

  #join(): void {
    const invited = this.#invite;
    this.#table?.ask(encodeJoin(this.channel, invited), {
      take: (heard) => {
        if (heard.command === 'moved' && heard.id === this.channel) return true;
        if (heard.command !== 'members' || heard.channel !== this.channel) return false;
        this.#invite = this.#invite.filter((id) => !invited.includes(id));
        return true;
      },
      refuse: (error) => {
        this.#invite = [];
        if (this.#isIn) this.#options.onError(error);
        else this.#stop(error);
      },
      // It is asked for again with the next connection.
      lose: () => undefined,
    });
  }

  #lose(): void {
    this.#table = undefined;
    this.#isIn = false;
  }

  #hear(heard: HeardCommand): void {
    if (heard.command === 'members') {
      this.#members = heard.members;
      this.#isIn = true;
      this.#joined.resolve(undefined);
      this.#memberListeners.tell(heard.members);
      this.#sendWaiting();
    } else if (heard.command === 'game') {
      for (const action of heard.actions) this.#actionListeners.tell(action);
    }
  }

  #sendWaiting(): void {
    const table = this.#table;
    if (!this.#isIn || table === undefined) return;
    for (const action of this.#waiting.splice(0)) this.#send(table, action);
  }

  #send(table: Table, { data, settled }: Action): void {
    const text = canonicalText(data);
    table.ask(encodeAction(this.channel, data), {
      take: (heard) => {
        if (heard.command !== 'game' || heard.channel !== this.channel) return false;
        const own = heard.actions.find(
          (action) => action.from === this.#options.self && canonicalText(action.data) === text,
        );
        if (own !== undefined) settled.resolve(own);
        return own !== undefined;
      },
      refuse: (error) => settled.reject(error),
      lose: () => settled.reject(uncertainError()),
    });
  }

  #stop(error: ClientError): void {
    this.#end = error;
    this.#isIn = false;
    this.#joined.reject(error);
    for (const { settled } of this.#waiting.splice(0)) settled.reject(error);
  }
}
