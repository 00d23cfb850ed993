/** What goes on among topics, for the debugger: who is watched, and the last frames of each world. */
import {
  KEPT_FRAMES,
  type ListedService,
  type ShownFrame,
  type WorldName,
} from '../wire/debugger.ts';
import type { JsonValue } from '../wire/topic.ts';
import type { Clock } from './ports.ts';

/** A topic as it is now. */
export type InspectedTopic = Readonly<{
  name: string;
  type: string;
  /** The same while the value is, and never that of another value: large ones need not be looked at in vain. */
  stamp: object;
  /** `undefined` for one of the daemon's own that nobody looks at. */
  read: () => JsonValue | undefined;
  subscribers: readonly string[];
}>;

/** Everything that there is in a world. */
export type InspectedWorld = Readonly<{
  topics: readonly InspectedTopic[];
  services: readonly ListedService[];
}>;

/** A world that can be looked into. */
export interface TopicWorld {
  inspect(): InspectedWorld;
}

/** Hears what goes over the WebSockets of one world; for those who serve them. */
export type FrameWatch = (frame: Pick<ShownFrame, 'client' | 'direction' | 'text'>) => void;

/** Somebody who looks into a world wants to know that something happened there. */
type Listener = (world: WorldName) => void;

type Watched = Readonly<{ world: TopicWorld; frames: ShownFrame[] }>;

export class TopicMonitor {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #worlds = new Map<WorldName, Watched>();
  readonly #listeners = new Set<Listener>();
  #count = 0;

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock;
  }

  /** Begins to watch a world; what the answer is told is kept. */
  watch(name: WorldName, world: TopicWorld): FrameWatch {
    const frames: ShownFrame[] = [];
    this.#worlds.set(name, { world, frames });
    return ({ client, direction, text }) => {
      this.#count += 1;
      frames.push({ number: this.#count, at: this.#clock.nowMs(), client, direction, text });
      if (frames.length > KEPT_FRAMES) frames.shift();
      for (const listener of this.#listeners) listener(name);
    };
  }

  get worlds(): readonly WorldName[] {
    return [...this.#worlds.keys()];
  }

  inspect(name: WorldName): InspectedWorld {
    return this.#worlds.get(name)?.world.inspect() ?? { topics: [], services: [] };
  }

  /** The last frames of a world after the one of this number, oldest first. */
  framesAfter(name: WorldName, number: number): readonly ShownFrame[] {
    return (this.#worlds.get(name)?.frames ?? []).filter((frame) => frame.number > number);
  }

  /** Calls back after each frame; the answer ends it. */
  onFrame(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
