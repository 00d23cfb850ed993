/** One WebSocket of the turntable protocol (docs/turntable.md). */
import type { GameInvitations } from '../domain/game-invitations.ts';
import type { Games } from '../domain/games.ts';
import type { GuestPresence } from '../domain/guest-presence.ts';
import type { Clock, Timer } from '../domain/ports.ts';
import { isGuestId, TurntableError, type TurntableClient } from '../domain/turntable-client.ts';
import { CLOSE_POLICY, FRAME_RATE, type SocketLine } from '../http/socket-line.ts';
import { WireError } from '../wire/check.ts';
import { elsewhere, socketOrigin, type ShardMap } from '../wire/shard.ts';
import {
  decodeTurntableFrame,
  encodeTurntableFrame,
  type TurntableCode,
  type TurntableCommand,
  type TurntableFrame,
} from '../wire/turntable.ts';
import type { Admission, GuestTokens } from './guest-tokens.ts';

/** A connection of which nobody says whose it is ends after this. Source: docs/turntable.md#coming-in. */
export const IDENTIFY_MS = 30_000;

/** What guests share. */
export type TurntableDomain = Readonly<{
  presence: GuestPresence;
  games: Games;
  invitations: GameInvitations;
}>;

export type TurntableConnectionOptions = Readonly<{
  line: SocketLine;
  /** Whose guesses of tokens are counted, as `callerOf` names him. */
  caller: string;
  domain: TurntableDomain;
  tokens: GuestTokens;
  /** The servers of the cluster; none: every game is here. */
  shards: ShardMap;
  clock: Pick<Clock, 'after'>;
  onDefect: (error: unknown) => void;
}>;

type Idme = Extract<TurntableCommand, { command: 'idme' }>;
type Joingame = Extract<TurntableCommand, { command: 'joingame' }>;

export class TurntableConnection {
  readonly #options: TurntableConnectionOptions;
  /** Who it is, once he has said it. */
  #client: TurntableClient | undefined;
  /** Until he has, or time is over. */
  #patience: Timer | undefined;

  constructor(options: TurntableConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    const { line, clock } = this.#options;
    line.start({
      onFrame: (text, isInTime) => this.#handleFrame(text, isInTime),
      onClose: () => this.#leave(),
    });
    this.#patience = clock.after(IDENTIFY_MS, () => {
      this.#answer(new TurntableError('not_identified', 'nobody has said who is there'));
    });
    this.#send({ command: 'idyou' });
  }

  #handleFrame(text: string | undefined, isInTime: boolean): void {
    if (!isInTime) {
      this.#refuse('too_many_requests', `at most ${FRAME_RATE.perSecond} frames a second`);
      this.#options.line.close(CLOSE_POLICY);
      return;
    }
    try {
      if (text === undefined) throw new WireError('bad_request', 'a frame is text');
      this.#handle(decodeTurntableFrame(text));
    } catch (error) {
      this.#answer(error);
    }
  }

  #handle(command: TurntableCommand): void {
    const { presence, games } = this.#options.domain;
    if (command.command === 'idme') {
      this.#identify(command);
      return;
    }
    const client = this.#client;
    if (client === undefined) throw new TurntableError('not_identified', 'say who you are first');
    switch (command.command) {
      case 'subscribe':
        presence.subscribe(client, command.ids);
        break;
      case 'status':
        presence.setStatus(client, command.status);
        break;
      case 'joingame':
        this.#join(client, command);
        break;
      case 'game':
        games.act(client, command.channel, command.actions);
        break;
      case 'leavegame':
        games.leave(client, command.channel);
        break;
    }
  }

  /** Joins a game, or learns at which server that is. */
  #join(client: TurntableClient, command: Joingame): void {
    const { domain, shards } = this.#options;
    const server = elsewhere(shards, command.channel);
    if (server === undefined) domain.games.join(client, command);
    else this.#send({ command: 'moved', id: command.channel, server: socketOrigin(server) });
  }

  #identify({ id, token }: Idme): void {
    if (this.#client !== undefined) {
      throw new TurntableError('forbidden', 'you have said who you are');
    }
    if (!isGuestId(id)) throw new TurntableError('forbidden', 'guests have ids like 1:12345');
    const admission = this.#admit(token);
    const { presence, invitations } = this.#options.domain;
    const client: TurntableClient = {
      id,
      rights: new Set(admission.grant.rights),
      receive: (frame) => this.#send(frame),
    };
    presence.join(client, admission.token);
    this.#client = client;
    this.#patience?.cancel();
    invitations.deliver(client);
  }

  /** @throws {TurntableError} `unauthorized`, `too_many_requests`. */
  #admit(token: string | undefined): Admission {
    const { tokens, caller } = this.#options;
    const admission = tokens.admit(token, caller);
    if (admission === 'unknown') throw new TurntableError('unauthorized', 'that token is unknown');
    if (admission === 'wait') {
      throw new TurntableError('too_many_requests', 'too many wrong tokens; come again later');
    }
    return admission;
  }

  /** Tells what went wrong. Only who has not said who he is is sent away. */
  #answer(error: unknown): void {
    if (error instanceof TurntableError) this.#refuse(error.code, error.message);
    else if (error instanceof WireError) this.#refuse('bad_request', error.message);
    else {
      this.#options.onDefect(error);
      this.#refuse('internal', 'that is our fault');
    }
    if (this.#client === undefined) this.#options.line.close(CLOSE_POLICY);
  }

  #refuse(code: TurntableCode, message: string): void {
    this.#send({ command: 'error', code, message });
  }

  #send(frame: TurntableFrame): void {
    this.#options.line.send(encodeTurntableFrame(frame));
  }

  #leave(): void {
    this.#patience?.cancel();
    if (this.#client === undefined) return;
    this.#options.domain.games.disconnect(this.#client);
    this.#options.domain.presence.leave(this.#client);
  }
}
