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
  line: SocketLine;
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
  #shownValue = '';
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
      this.#shownValue = '';
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
    this.#showState(topics.map(toListed), services);
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
    if (topic === undefined) return;
    const whole = topic.value === undefined ? '' : textWithoutSecrets(topic.value);
    if (whole === this.#shownValue) return;
    this.#shownValue = whole;
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

  #send(frame: DebuggerFrame): void {
    this.#options.line.send(encodeDebuggerFrame(frame));
  }
}

type StateFrame = Extract<DebuggerFrame, { type: 'state' }>;

function toListed({ name, type, value, subscribers }: InspectedTopic): ListedTopic {
  const text = value === undefined ? null : textWithoutSecrets(value);
  return {
    name,
    type,
    text: text?.slice(0, LISTED_MAX_LENGTH) ?? null,
    length: text?.length ?? 0,
    subscribers: subscribers.slice(0, LISTED_SUBSCRIBERS),
    subscriberCount: subscribers.length,
  };
}
