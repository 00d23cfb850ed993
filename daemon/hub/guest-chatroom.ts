/** `/chatroom` for guests: a world of topics of their own (docs/topics.md#guests). */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ChatroomConnection } from '../chatroom/chatroom-connection.ts';
import { toTopicAccess, type GuestGrant } from '../domain/guest-grant.ts';
import type { Clock } from '../domain/ports.ts';
import type { FrameWatch } from '../domain/topic-monitor.ts';
import type { TopicHub } from '../domain/topics.ts';
import { TokenBuckets } from '../http/rate-limit.ts';
import type { SocketLine } from '../http/socket-line.ts';
import type { Judgement } from '../http/socket-server.ts';
import { TICKET_SUBPROTOCOL_PREFIX } from '../wire/topic-terms.ts';
import { callerOf } from './guest-limits.ts';
import type { GuestTokens } from './guest-tokens.ts';

/** How much comes at once after a quiet time, in seconds of the rate. */
const FRAME_BURST_S = 4;
const ACCOUNTS_MAX = 10_000;
const BEARER = /^Bearer +(\S+)$/i;

export type GuestChatroomOptions = Readonly<{
  hub: TopicHub;
  tokens: GuestTokens;
  /** Frames of one address, or with one token (G6). */
  framesPerSecond: number;
  clock: Pick<Clock, 'monotonicMs'>;
  /** Hears every frame, for the debugger. */
  watch: FrameWatch | undefined;
}>;

export class GuestChatroom {
  readonly #options: GuestChatroomOptions;
  readonly #frames: TokenBuckets;

  constructor(options: GuestChatroomOptions) {
    const { clock, framesPerSecond: perSecond } = options;
    this.#options = options;
    const rate = { perSecond, burst: perSecond * FRAME_BURST_S };
    this.#frames = new TokenBuckets(rate, () => clock.monotonicMs(), ACCOUNTS_MAX);
  }

  /** Lets a guest in, or not. */
  judge(request: IncomingMessage): Judgement {
    const caller = callerOf(request);
    const admission = this.#options.tokens.admit(tokenIn(request), caller);
    if (admission === 'unknown') return 401;
    if (admission === 'wait') return 429;
    const { token, grant } = admission;
    const accounts = [`address ${caller}`, ...(token ? [`token ${token}`] : [])];
    return (line) => this.#welcome(line, grant, accounts);
  }

  /** @param accounts For which frames are counted; shares are for the last one. */
  #welcome(line: SocketLine, grant: GuestGrant, accounts: readonly string[]): void {
    const { hub, watch } = this.#options;
    const connection = new ChatroomConnection({
      ...{ id: randomUUID(), line, hub, watch },
      access: toTopicAccess(grant, accounts.at(-1) ?? ''),
      isWithinBudget: () => accounts.every((account) => this.#frames.take(account)),
    });
    connection.start(() => undefined);
  }
}

/** The token of a program, in a header of its own, or of a page, which can only offer subprotocols. */
function tokenIn({ headers }: IncomingMessage): string | undefined {
  const [, bearer] = BEARER.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return bearer;
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((text) => text.trim());
  const ticket = offered.find((text) => text.startsWith(TICKET_SUBPROTOCOL_PREFIX));
  return ticket?.slice(TICKET_SUBPROTOCOL_PREFIX.length);
}
