/** A connection on which topics are followed. What else the protocol has, and which types there are, is up to who builds on it. */
import { TICKET_SUBPROTOCOL_PREFIX, TOPIC_SUBPROTOCOL } from '../../daemon/wire/topic-terms.ts';
import type { Clock } from './clock.ts';
import { ClientError } from './errors.ts';
import type { FollowedTopic, TopicHearing, TopicLine } from './followed-topic.ts';
import { Line, type ConnectionState } from './line.ts';
import type { OpenSocket, SocketRequest } from './sockets.ts';
import { decodeHeardFrame, type HeardFrame } from './topic-frames.ts';

export type FollowingOptions = Readonly<{
  /** WebSocket URL. */
  url: string;
  /** Of a program or a guest; sent where a socket can send headers. */
  token: string | undefined;
  /**
   * Gives a fresh ticket for each attempt.
   *
   * @throws {ClientError} `unauthorized`: no further attempt is made.
   */
  requestTicket: (() => Promise<string>) | undefined;
  openSocket: OpenSocket;
  clock: Clock;
  createId: () => string;
}>;

export class Following {
  protected readonly line: Line;
  readonly #options: FollowingOptions;
  readonly #topics = new Map<string, FollowedTopic>();
  readonly #hearings = new Map<string, TopicHearing>();
  /** See `TopicLine`. */
  #run: string | undefined;

  constructor(options: FollowingOptions) {
    const { clock, openSocket } = options;
    this.#options = options;
    this.line = new Line({
      request: () => this.#request(),
      ...{ openSocket, clock },
      onOpen: () => this.connected(),
      onText: (text) => this.heard(decodeHeardFrame(text)),
      onLost: () => this.lost(),
    });
  }

  get state(): ConnectionState {
    return this.line.state;
  }

  /** Calls back whenever it changes. @returns What takes the listener away again. */
  onState(listener: (state: ConnectionState) => void): () => void {
    return this.line.onState(listener);
  }

  /** Connects, also after `stop`. */
  start(): void {
    this.line.start();
  }

  /** Disconnects. What is followed stays so for the next `start`. */
  stop(): void {
    this.line.stop();
  }

  /** Does not wait for the next attempt any longer. */
  retryNow(): void {
    this.line.retryNow();
  }

  /** Disconnects for good. Whatever waits ends with `closed`. */
  close(): void {
    for (const topic of [...this.#topics.values()]) topic.close();
    this.line.stop();
  }

  /**
   * Follows a topic. Asking again for one that is followed gives the same.
   *
   * @param create Makes it; of one name always with the same class for the same type.
   * @throws {ClientError} `rejected`: it is followed as another type.
   */
  follow<Topic extends FollowedTopic>(
    name: string,
    type: Topic['type'],
    create: (line: TopicLine) => Topic,
  ): Topic {
    const known = this.#topics.get(name);
    if (known !== undefined) {
      if (known.type !== type) {
        throw new ClientError('rejected', `${name} is followed as a ${known.type}`);
      }
      // It was made below, for this very type.
      return known as Topic;
    }
    const topic = create({
      send: (text) => this.line.send(text),
      createId: this.#options.createId,
      nowMs: this.#options.clock.nowMs,
      run: () => this.#run,
      attach: (hearing) => void this.#hearings.set(name, hearing),
      onClose: () => this.#forget(name),
    });
    this.#topics.set(name, topic);
    if (this.line.isOpen) this.#hearings.get(name)?.connect();
    return topic;
  }

  /** There is a connection. */
  protected connected(): void {
    for (const { connect } of this.#hearings.values()) connect();
  }

  /** There is none any more. */
  protected lost(): void {
    for (const { lose } of this.#hearings.values()) lose();
  }

  /** The daemon says something; `undefined` if that is no frame, or one of a daemon to come. */
  protected heard(frame: HeardFrame | undefined): void {
    if (frame?.type === 'hello') this.#run = frame.run;
    else if (frame?.type === 'update') this.#hearings.get(frame.topic)?.hear(frame.change);
    else if (frame?.type === 'reject_update') {
      this.#hearings.get(frame.topic)?.hearRejection(frame.change, frame.reason);
    }
  }

  async #request(): Promise<SocketRequest> {
    const { url, token, requestTicket } = this.#options;
    const ticket = await requestTicket?.();
    const offered = ticket === undefined ? [] : [TICKET_SUBPROTOCOL_PREFIX + ticket];
    return { url, token, protocols: [TOPIC_SUBPROTOCOL, ...offered] };
  }

  #forget(name: string): void {
    this.#topics.delete(name);
    this.#hearings.delete(name);
  }
}
