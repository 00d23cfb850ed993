/**
 * Games that are in sight: the topic `game/<address or room>/<id>` of each. The daemon judges what is done on it; nothing
 * here knows the rules.
 *
 * Source: docs/games.md#for-programs.
 */
import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { formatGameTopic, type GameState, type GameView } from '../../../daemon/wire/game.ts';
import { hasTexts } from '../answers.ts';
import type { Live, Subscription } from '../live.ts';
import type { TopicChange } from '../../client/topic-frames.ts';
import { applyDictChange } from './dict-topic.ts';

export type GamesOptions = Readonly<{
  live: Pick<Live, 'subscribe'>;
  createId: () => string;
}>;

export type GamesStore = ReturnType<typeof createGamesStore>;

/** What the owner does: the entry of the topic, and what it shall be. */
export type GameWish =
  | Readonly<{ key: 'moves'; value: string }>
  | Readonly<{
      key: 'state';
      value: Extract<GameState, 'playing' | 'declined' | 'withdrawn' | 'resigned'>;
    }>;

type Followed = { readonly subscription: Subscription; watchers: number };

/** A game as the page has it. */
export type GameSight = Readonly<{
  /** `undefined` until the daemon has told. */
  view: GameView | undefined;
  /** What was asked for and is not decided yet. */
  wish: GameWish | undefined;
  /** The last wish was refused. */
  isRefused: boolean;
}>;

const NOTHING: GameSight = { view: undefined, wish: undefined, isRefused: false };

export function createGamesStore({ live, createId }: GamesOptions) {
  const sights = signal<ReadonlyMap<string, GameSight>>(new Map());
  const entries = new Map<string, ReadonlyMap<string, unknown>>();
  const followed = new Map<string, Followed>();
  const wishes = new Map<string, string>();

  function show(topic: string, change: Partial<GameSight>): void {
    const sight = { ...(sights.value.get(topic) ?? NOTHING), ...change };
    sights.value = new Map(sights.value).set(topic, sight);
  }

  function hear(topic: string, change: TopicChange): void {
    const members = applyDictChange(entries.get(topic) ?? new Map(), change, isAnything);
    entries.set(topic, members);
    const value: unknown = Object.fromEntries(members);
    // The daemon is asked again after each connection: what was on its way then is lost.
    const isDecided = change.type === 'set' || change.id === wishes.get(topic);
    show(topic, {
      ...(isGame(value) ? { view: value } : {}),
      isRefused: false,
      ...(isDecided ? { wish: undefined } : {}),
    });
  }

  function refuse(topic: string, id: string | undefined): void {
    if (id === undefined || wishes.get(topic) !== id) return;
    wishes.delete(topic);
    show(topic, { wish: undefined, isRefused: true });
  }

  function begin(topic: string): Followed {
    const subscription = live.subscribe(topic, 'dict', {
      onChange: (change) => hear(topic, change),
      onReject: (id) => refuse(topic, id),
    });
    return { subscription, watchers: 0 };
  }

  return {
    of: (place: string, id: string): ReadonlySignal<GameSight> => {
      const topic = formatGameTopic(place, id);
      return computed(() => sights.value.get(topic) ?? NOTHING);
    },
    /**
     * Follows a game while it is in sight; what is known of it stays.
     *
     * @returns What ends that.
     */
    follow: (place: string, id: string): (() => void) => {
      const topic = formatGameTopic(place, id);
      const game = followed.get(topic) ?? begin(topic);
      followed.set(topic, game);
      game.watchers += 1;
      return () => {
        game.watchers -= 1;
        if (game.watchers > 0) return;
        followed.delete(topic);
        game.subscription.unsubscribe();
      };
    },
    /** Asks the daemon to do something in a game that is followed. */
    wish: (place: string, id: string, wish: GameWish): void => {
      const topic = formatGameTopic(place, id);
      const changeId = createId();
      wishes.set(topic, changeId);
      const change = { type: 'change_value', ...wish, id: changeId };
      const isSent = followed.get(topic)?.subscription.change(change) === true;
      show(topic, { wish: isSent ? wish : undefined, isRefused: false });
    },
    /** Whether a message is known to have changed nothing in its game, or there is no such game. */
    isIdle: (place: string, id: string, ref: number): boolean => {
      const view = sights.value.get(formatGameTopic(place, id))?.view;
      return view !== undefined && !view.counted.includes(ref);
    },
  };
}

function isGame(value: unknown): value is GameView {
  if (!hasTexts(value, 'game', 'state', 'moves', 'line')) return false;
  const counted: unknown = value['counted'];
  return Array.isArray(counted) && counted.every((ref) => typeof ref === 'number');
}

/** Entries are judged together, as a `GameView`. */
function isAnything(value: unknown): value is unknown {
  return value !== undefined;
}
