/** One WebSocket of the topic protocol: frames in, frames out. */
import type { TopicAccess } from '../domain/topic-access.ts';
import type { FrameWatch } from '../domain/topic-monitor.ts';
import type { TopicClient } from '../domain/topic.ts';
import type { TopicHub } from '../domain/topics.ts';
import { FRAME_RATE, type SocketLine } from '../http/socket-line.ts';
import { WireError } from '../wire/check.ts';
import {
  decodeClientFrame,
  encodeHello,
  encodeServerFrame,
  type ClientFrame,
  type JsonObject,
  type ServerFrame,
  type TopicDialect,
} from '../wire/topic.ts';

const TOO_FAST = `too fast; a client may send ${FRAME_RATE.perSecond} frames a second`;

export type ChatroomConnectionOptions = Readonly<{
  id: string;
  line: SocketLine;
  hub: TopicHub;
  /** What the client may do; unless given, everything that clients may. */
  access?: TopicAccess;
  /** Asked for each frame, besides the rate of the line. */
  isWithinBudget?: () => boolean;
  /** Hears every frame, for the debugger. */
  watch: FrameWatch | undefined;
}>;

export class ChatroomConnection implements TopicClient {
  readonly id: string;
  readonly access?: TopicAccess;
  readonly #line: SocketLine;
  readonly #hub: TopicHub;
  readonly #watch: FrameWatch | undefined;
  readonly #isWithinBudget: () => boolean;
  /** The client's own from its first frame on. */
  #dialect: TopicDialect = 'content';

  constructor(options: ChatroomConnectionOptions) {
    const { id, line, hub, access, isWithinBudget, watch } = options;
    this.id = id;
    if (access !== undefined) this.access = access;
    this.#isWithinBudget = isWithinBudget ?? (() => true);
    this.#line = line;
    this.#hub = hub;
    this.#watch = watch;
  }

  /** @param onClose Called once, when the connection is over. */
  start(onClose: () => void): void {
    this.#line.start({
      onFrame: (text, isInTime) => this.#handleFrame(text, isInTime),
      onClose: () => {
        this.#hub.leave(this);
        this.#watch?.({ client: this.id, direction: 'left', text: '' });
        onClose();
      },
    });
    this.#hub.join(this);
  }

  receive(frame: ServerFrame): void {
    const text =
      frame.type === 'hello' ? encodeHello(frame) : encodeServerFrame(frame, this.#dialect);
    if (isAnswer(frame)) this.#line.answer(text);
    else this.#line.send(text);
    this.#watch?.({ client: this.id, direction: 'out', text });
  }

  hurry(): void {
    this.#line.hurry();
  }

  /** Says goodbye; nothing more is sent. */
  close(code: number): void {
    this.#line.close(code);
  }

  #handleFrame(text: string | undefined, isInTime: boolean): void {
    try {
      if (text === undefined) throw new WireError('bad_request', 'a frame is text');
      this.#watch?.({ client: this.id, direction: 'in', text });
      const { frame, dialect } = decodeClientFrame(text);
      this.#dialect = dialect ?? this.#dialect;
      if (isInTime && this.#isWithinBudget()) this.#hub.handle(this, frame);
      else this.#refuse(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#hub.tell(this, error.message);
    }
  }

  #refuse(frame: ClientFrame): void {
    switch (frame.type) {
      case 'subscribe':
        this.#reject(frame.topic, null);
        break;
      case 'update':
        this.#reject(frame.topic, frame.change);
        break;
      case 'request':
        this.receive({
          type: 'response',
          error: { code: 'too_many_requests', message: TOO_FAST },
          requestId: frame.requestId,
        });
        break;
      default:
        this.#hub.tell(this, TOO_FAST);
    }
  }

  #reject(topic: string, change: JsonObject | null): void {
    this.receive({ type: 'reject_update', topic, change, reason: TOO_FAST });
  }
}

function isAnswer(frame: ServerFrame): boolean {
  return frame.type === 'update' && frame.isAnswer === true;
}
