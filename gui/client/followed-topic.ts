/** A topic that a client follows: what all types have in common. */
import type { TopicType } from '../../daemon/wire/topic-terms.ts';
import { ClientError, closedError } from './errors.ts';
import { createSettled } from './settled.ts';
import { encodeSubscribe, encodeUnsubscribe, type TopicChange } from './topic-frames.ts';

/** What a topic needs of its connection. */
export type TopicLine = Readonly<{
  /** Sends a frame if there is a connection. */
  send: (text: string) => void;
  createId: () => string;
  nowMs: () => number;
  /** Which run of the daemon we are connected with, if it says so. */
  run: () => string | undefined;
  /** Takes what wants to hear of the connection and of this topic. */
  attach: (hearing: TopicHearing) => void;
  /** The topic was closed. */
  onClose: () => void;
}>;

/** What a connection tells a topic. */
export type TopicHearing = Readonly<{
  /** There is a connection. */
  connect: () => void;
  /** There is none any more. */
  lose: () => void;
  /** The daemon tells a change; the first one after a subscription sets the value. */
  hear: (change: TopicChange) => void;
  /** The daemon refused a change of ours, or, without one, the subscription. */
  hearRejection: (change: TopicChange | undefined, reason: string) => void;
}>;

/**
 * - `away`: there is no connection.
 * - `asked`: subscribed, and the value has not come yet.
 * - `live`: what comes is what happens.
 * - `refused`: the daemon does not let us; it is asked again at the next connection.
 */
type Phase = 'away' | 'asked' | 'live' | 'refused' | 'closed';

export abstract class FollowedTopic {
  readonly name: string;
  readonly type: TopicType;
  protected readonly line: TopicLine;
  readonly #ready = createSettled<undefined>();
  #phase: Phase = 'away';
  /** The run of the daemon that told the value. */
  #run: string | undefined;

  constructor(name: string, type: TopicType, line: TopicLine) {
    this.name = name;
    this.type = type;
    this.line = line;
    // Whoever does not wait for it need not hear that it won't be.
    this.#ready.promise.catch(() => undefined);
    line.attach({
      connect: () => this.#connect(),
      lose: () => this.#lose(),
      hear: (change) => this.#hear(change),
      hearRejection: (change, reason) => this.#hearRejection(change, reason),
    });
  }

  /**
   * Resolves once the value is there for the first time.
   *
   * @throws {ClientError} `rejected`: the daemon refused the subscription; `closed`.
   */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether the value is the daemon's, now. */
  get isLive(): boolean {
    return this.#phase === 'live';
  }

  /** Follows it no longer. Changes that were not confirmed end with `closed`; they may have been made. */
  close(): void {
    if (this.#phase === 'closed') return;
    this.line.send(encodeUnsubscribe(this.name));
    this.line.onClose();
    this.#end('closed', closedError(this.name));
  }

  #connect(): void {
    this.#phase = 'asked';
    this.line.send(encodeSubscribe(this.name, this.type, this.unanswered()));
  }

  #lose(): void {
    this.#phase = 'away';
    this.lost();
  }

  #hear(change: TopicChange): void {
    if (this.#phase === 'asked') {
      // Of an earlier subscription that was just ended.
      if (change.type !== 'set') return;
      this.#phase = 'live';
      const [before, run] = [this.#run, this.line.run()];
      this.#run = run;
      this.resumed(change, before !== undefined && before !== run);
      this.#ready.resolve(undefined);
    } else if (this.#phase === 'live') {
      this.changed(change);
    }
    this.sendMore();
  }

  #hearRejection(change: TopicChange | undefined, reason: string): void {
    if (change === undefined) this.#end('refused', new ClientError('rejected', reason));
    else this.rejected(change.id, reason);
    this.sendMore();
  }

  /** Sends what may be sent now. */
  protected sendMore(): void {
    if (this.#phase !== 'live') return;
    for (let text = this.next(); text !== undefined; text = this.next()) this.line.send(text);
  }

  /** Why no change can be made, if none can. */
  protected get refusal(): ClientError | undefined {
    if (this.#phase === 'closed') return closedError(this.name);
    if (this.#phase !== 'refused') return undefined;
    return new ClientError('rejected', `the daemon does not let us follow ${this.name}`);
  }

  #end(phase: 'closed' | 'refused', error: ClientError): void {
    this.#phase = phase;
    this.#ready.reject(error);
    this.ended(error);
  }

  /** Ids of changes that were on their way when the line broke. */
  protected abstract unanswered(): readonly string[];
  /** The next frame to send, if there is one. */
  protected abstract next(): string | undefined;
  protected abstract lost(): void;
  /** @param hasRestarted The daemon is not the one any more that told the value. */
  protected abstract resumed(change: TopicChange, hasRestarted: boolean): void;
  protected abstract changed(change: TopicChange): void;
  protected abstract rejected(id: string | undefined, reason: string): void;
  /** Nothing that waits will come about. */
  protected abstract ended(error: ClientError): void;
}
