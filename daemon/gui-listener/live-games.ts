/** Games as topics that the owner's GUIs follow and move in, and a service that begins one (docs/games.md#for-programs). */
import * as v from 'valibot';
import type { BoardGames } from '../domain/board-games.ts';
import { DomainError } from '../domain/errors.ts';
import type { Validate, Verdict } from '../domain/topic-validation.ts';
import type { TopicClient } from '../domain/topic.ts';
import type { TopicHub } from '../domain/topics.ts';
import {
  formatGameTopic,
  GAME_SERVICE,
  GAME_TOPIC_PREFIX,
  parseGameTopic,
  parseMoves,
  type GameAction,
  type GameView,
} from '../wire/game.ts';
import type { JsonObject, JsonValue, RequestId, ServerFrame } from '../wire/topic.ts';

const NO_SUCH_CHANGE = 'in a game only moves and state are for changing, by the rules';

/** What the owner may change of a game's topic. */
const Wish = v.variant('key', [
  v.object({ type: v.literal('change_value'), key: v.literal('moves'), value: v.string() }),
  v.object({
    type: v.literal('change_value'),
    key: v.literal('state'),
    value: v.picklist(['playing', 'declined', 'withdrawn', 'resigned']),
  }),
]);

/** What the word for a state stands for, when somebody sets it. */
const ACTIONS = {
  playing: 'accept',
  declined: 'decline',
  withdrawn: 'resign',
  resigned: 'resign',
} as const;

const Invitation = v.object({ place: v.string() });

export type LiveGamesOptions = Readonly<{
  games: BoardGames;
  hub: TopicHub;
  /** Hears of a game that could not be begun. */
  onDefect: (error: unknown) => void;
}>;

/** Feeds the topics of games while somebody follows them, and provides the service that begins one. */
export class LiveGames {
  readonly #options: LiveGamesOptions;
  readonly #provider: TopicClient;

  constructor(options: LiveGamesOptions) {
    this.#options = options;
    this.#provider = { id: GAME_SERVICE, receive: (frame) => this.#receive(frame) };
  }

  start(): void {
    const { hub, games } = this.#options;
    hub.declareFamily(GAME_TOPIC_PREFIX, (name) => {
      const topic = parseGameTopic(name);
      if (topic === undefined || !games.isPlace(topic.place)) return undefined;
      return { type: 'dict', isOpen: true, read: () => this.#open(name, topic) };
    });
    hub.join(this.#provider);
    hub.handle(this.#provider, { type: 'register_service', service: GAME_SERVICE });
  }

  stop(): void {
    this.#options.hub.leave(this.#provider);
  }

  async #open(name: string, { place, id }: Readonly<{ place: string; id: string }>) {
    const { hub, games } = this.#options;
    let told: GameView | undefined;
    const opened = await games.open(place, id, (view) => {
      const changes = told === undefined ? [] : changesBetween(told, view);
      for (const [key, value] of changes) hub.put(name, key, value);
      told = view;
    });
    told ??= opened;
    return toJson(told);
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'request') void this.#begin(frame.args, frame.requestId);
  }

  async #begin(args: JsonValue, requestId: RequestId): Promise<void> {
    const { hub } = this.#options;
    const answer = await this.#invite(args);
    hub.handle(this.#provider, { type: 'response', requestId, ...answer });
  }

  async #invite(args: JsonValue): Promise<{ response: JsonValue } | { failure: string }> {
    const invitation = v.safeParse(Invitation, args);
    if (!invitation.success) return { failure: 'place is an address or a room' };
    const { place } = invitation.output;
    try {
      const id = await this.#options.games.begin(place);
      return { response: { id, topic: formatGameTopic(place, id) } };
    } catch (error) {
      if (error instanceof DomainError) return { failure: error.message };
      this.#options.onDefect(error);
      return { failure: 'the invitation could not be kept' };
    }
  }
}

/** Judges what clients change of games; whatever is no game is none of its business. */
export function judgeGames(games: BoardGames): Validate {
  return ({ topic, change, value }) => {
    const game = parseGameTopic(topic);
    if (game === undefined) return true;
    const wish = v.safeParse(Wish, change);
    const action = wish.success ? actionOf(wish.output, value()) : undefined;
    if (!wish.success || action === undefined) return { reason: NO_SUCH_CHANGE };
    return play(games, game, action, () => isAs(value(), wish.output));
  };
}

/** A move is said before it counts; then the topic has it already. */
async function play(
  games: BoardGames,
  { place, id }: Readonly<{ place: string; id: string }>,
  action: GameAction,
  isDone: () => boolean,
): Promise<Verdict> {
  const refusal = await games.act(place, id, action);
  if (refusal !== undefined) return { reason: refusal };
  return isDone() ? true : { reason: 'it is said, and counts once the others have it' };
}

function actionOf(wish: v.InferOutput<typeof Wish>, value: JsonValue): GameAction | undefined {
  if (wish.key === 'moves') {
    const moves = parseMoves(wish.value);
    return moves === undefined ? undefined : { type: 'move', moves };
  }
  // Giving up and taking an invitation back are the same words, and come to something else.
  const isBegun = isAs(value, { key: 'state', value: 'playing' });
  if (wish.value === 'resigned' && !isBegun) return undefined;
  if (wish.value === 'withdrawn' && isBegun) return undefined;
  return { type: ACTIONS[wish.value] };
}

function isAs(value: JsonValue, { key, value: wanted }: { key: string; value: string }): boolean {
  return toFields(value)[key] === wanted;
}

function changesBetween(before: GameView, after: GameView): readonly [string, JsonValue][] {
  const [old, now] = [toFields(toJson(before)), toFields(toJson(after))];
  return Object.entries(now).filter(
    ([key, value]) => JSON.stringify(old[key]) !== JSON.stringify(value),
  );
}

/** Views are plain data, though the compiler can't know. */
function toJson(view: GameView): JsonValue {
  return { ...view };
}

function toFields(value: JsonValue): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}
