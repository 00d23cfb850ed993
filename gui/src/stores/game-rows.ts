/** Which messages of a log are a game's: the newest shows the board, those before it are folded into it. */
import { parseGameText } from '../../../daemon/wire/game.ts';

/** Something that was said. */
export type SaidLine = Readonly<{ ref: number; text: string }>;

/** `idle`: it changed nothing in its game. */
export type GameFold = Readonly<{ id: string; place: 'board' | 'folded' | 'idle' }>;

/** Whether a message is known to have changed nothing in a game. */
export type IsIdle = (id: string, ref: number) => boolean;

/**
 * What becomes of the messages of games, by their `ref`; all others are not among them.
 *
 * @param said In the order of the log.
 */
export function foldGames(
  said: readonly SaidLine[],
  isIdle: IsIdle,
): ReadonlyMap<number, GameFold> {
  const folds = new Map<number, GameFold>();
  const newest = new Map<string, number>();
  for (const { ref, text } of said) {
    const id = parseGameText(text)?.id;
    if (id === undefined) continue;
    if (isIdle(id, ref)) {
      folds.set(ref, { id, place: 'idle' });
      continue;
    }
    const before = newest.get(id);
    if (before !== undefined) folds.set(before, { id, place: 'folded' });
    folds.set(ref, { id, place: 'board' });
    newest.set(id, ref);
  }
  return folds;
}

/** Of the messages that were chosen, and of the games that they belong to, all that are here. */
export function withGames<Message extends Readonly<{ message: string }>>(
  chosen: readonly Message[],
  all: readonly Message[],
): readonly Message[] {
  const ids = new Set(chosen.flatMap(({ message }) => parseGameText(message)?.id ?? []));
  if (ids.size === 0) return chosen;
  const isPart = ({ message }: Message) => ids.has(parseGameText(message)?.id ?? '');
  return [...new Set([...chosen, ...all.filter(isPart)])];
}
