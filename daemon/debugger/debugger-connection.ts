/** One page of the debugger: a world as it is, and then what changes in it. */
import type { Clock, Timer } from '../domain/ports.ts';
import type { InspectedTopic, TopicMonitor } from '../domain/topic-monitor.ts';
import { CLOSE_POLICY, type SocketLine } from '../http/socket-line.ts';
import { WireError } from '../wire/check.ts';
import {
  decodeDebuggerCommand,
  encodeDebuggerFrame,
  type DebuggerCommand,
  type DebuggerFrame,
  type ListedTopic,
  type WorldName,
} from '../wire/debugger.ts';
import { textWithoutSecrets, withoutSecrets } from './without-secrets.ts';

/** So long changes are gathered before they are shown. */
export const REFRESH_MS = 200;
/** UTF-16 units of a value in the list, of one that is opened, and of a frame. */
const LISTED_MAX_LENGTH = 200;
const OPENED_MAX_LENGTH = 131_072;
const FRAME_MAX_LENGTH = 2000;
/** Ids of subscribers in the list. */
const LISTED_SUBSCRIBERS = 20;

export type DebuggerConnectionOptions = Readonly<{
  line: Pick<SocketLine, 'start' | 'send' | 'close'>;
  monitor: TopicMonitor;
  clock: Pick<Clock, 'after'>;
}>;

export class DebuggerConnection {
  readonly #options: DebuggerConnectionOptions;
  #world: WorldName = 'owner';
  #openTopic: string | undefined;
  /** Topics as they were shown last, as JSON by name; `undefined`: nothing was shown yet. */
  #shown: Map<string, string> | undefined;
  #shownServices = '';
  /** Of the topic that is open. */
  #shownStamp: object | undefined;
  /** Beginnings of values, which need not be written again while they stay the same. */
  readonly #beginnings = new WeakMap<object, Beginning>();
  #lastFrame = 0;
  #timer: Timer | undefined;

  constructor(options: DebuggerConnectionOptions) {
    this.#options = options;
  }

  /** @param onClose Called once, when the connection is over. */
  start(onClose: () => void): void {
    const { line, monitor } = this.#options;
    const stopListening = monitor.onFrame((world) => {
      if (world === this.#world) this.#showSoon();
    });
    line.start({
      onFrame: (text, isInTime) => this.#handleFrame(text, isInTime),
      onClose: () => {
        stopListening();
        this.#timer?.cancel();
        onClose();
      },
    });
    this.#send({ type: 'worlds', worlds: monitor.worlds });
    this.#show();
  }

  #handleFrame(text: string | undefined, isInTime: boolean): void {
    try {
      if (!isInTime || text === undefined) throw new WireError('bad_request', 'no such frame');
      this.#handle(decodeDebuggerCommand(text));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      // The page is ours: whoever sends nonsense is not it.
      this.#options.line.close(CLOSE_POLICY);
    }
  }

  #handle(command: DebuggerCommand): void {
    if (command.type === 'watch') {
      this.#world = command.world;
      this.#openTopic = undefined;
      this.#shown = undefined;
      this.#lastFrame = 0;
    } else {
      this.#openTopic = command.topic ?? undefined;
      this.#shownStamp = undefined;
    }
    this.#show();
  }

  #showSoon(): void {
    this.#timer ??= this.#options.clock.after(REFRESH_MS, () => this.#show());
  }

  #show(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const { monitor } = this.#options;
    const { topics, services } = monitor.inspect(this.#world);
    this.#showState(
      topics.map((topic) => this.#toListed(topic)),
      services,
    );
    this.#showValue(topics.find(({ name }) => name === this.#openTopic));
    this.#showFrames();
  }

  #showState(topics: readonly ListedTopic[], services: StateFrame['services']): void {
    const before = this.#shown;
    const now = new Map(topics.map((topic) => [topic.name, JSON.stringify(topic)]));
    const changed = topics.filter(({ name }) => before?.get(name) !== now.get(name));
    const gone = [...(before?.keys() ?? [])].filter((name) => !now.has(name));
    const servicesText = JSON.stringify(services);
    this.#shown = now;
    const isNews = changed.length > 0 || gone.length > 0 || servicesText !== this.#shownServices;
    this.#shownServices = servicesText;
    if (before !== undefined && !isNews) return;
    const isWhole = before === undefined;
    this.#send({
      ...{ type: 'state', world: this.#world, isWhole, topics: changed, gone, services },
    });
  }

  #showValue(topic: InspectedTopic | undefined): void {
    if (topic === undefined || topic.stamp === this.#shownStamp) return;
    this.#shownStamp = topic.stamp;
    const value = topic.read();
    const whole = value === undefined ? '' : textWithoutSecrets(value);
    const text = whole.slice(0, OPENED_MAX_LENGTH);
    this.#send({ type: 'value', topic: topic.name, text, isCut: text.length < whole.length });
  }

  #showFrames(): void {
    const frames = this.#options.monitor.framesAfter(this.#world, this.#lastFrame);
    const last = frames.at(-1);
    if (last === undefined) return;
    this.#lastFrame = last.number;
    this.#send({
      type: 'frames',
      world: this.#world,
      frames: frames.map((frame) => ({
        ...frame,
        text: withoutSecrets(frame.text).slice(0, FRAME_MAX_LENGTH),
      })),
    });
  }

  #toListed(topic: InspectedTopic): ListedTopic {
    const { name, type, stamp, subscribers } = topic;
    const beginning = this.#beginnings.get(stamp) ?? beginningOf(topic);
    this.#beginnings.set(stamp, beginning);
    return {
      ...{ name, type, ...beginning },
      subscribers: subscribers.slice(0, LISTED_SUBSCRIBERS),
      subscriberCount: subscribers.length,
    };
  }

  #send(frame: DebuggerFrame): void {
    this.#options.line.send(encodeDebuggerFrame(frame));
  }
}

type StateFrame = Extract<DebuggerFrame, { type: 'state' }>;

type Beginning = Pick<ListedTopic, 'text' | 'length'>;

function beginningOf({ read }: InspectedTopic): Beginning {
  const value = read();
  const text = value === undefined ? null : textWithoutSecrets(value);
  // A copy: a piece that is cut off would keep the whole in memory.
  const beginning = text === null ? null : Array.from(text.slice(0, LISTED_MAX_LENGTH)).join('');
  return { text: beginning, length: text?.length ?? 0 };
}
