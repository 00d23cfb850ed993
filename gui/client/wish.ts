/** What somebody here wants to be changed, until the daemon has told that it is. */
import { ClientError } from './errors.ts';
import type { Kind } from './kinds.ts';
import { isEffective, type Part, type Parts } from './parts.ts';
import type { Settled } from './settled.ts';

/** One wish. It is changed in place while others move it, until it is settled. */
export type Wish<Content> = {
  /** The edits, in the value with all wishes before this one. */
  parts: Parts<Content>;
  /** The value that is set as a whole, instead of edits. */
  readonly whole: Content | undefined;
  /** Those who made it: several, if it was merged. */
  readonly makers: Settled<undefined>[];
  /** Id of its change, once it was sent. */
  id: string | undefined;
  /**
   * - `waiting`: it was never sent.
   * - `sent`: it is on its way.
   * - `lost`: it was on its way when the line broke.
   * - `again`: it has to be sent once more.
   */
  state: 'waiting' | 'sent' | 'lost' | 'again';
  /** Somebody set the whole value meanwhile, so that the daemon will refuse it. */
  isOvertaken: boolean;
};

export function createWish<Content>(
  wanted: Readonly<{ parts: Parts<Content> } | { whole: Content }>,
  makers: readonly Settled<undefined>[],
): Wish<Content> {
  return {
    parts: 'parts' in wanted ? wanted.parts : [],
    whole: 'whole' in wanted ? wanted.whole : undefined,
    makers: [...makers],
    id: undefined,
    state: 'waiting',
    isOvertaken: false,
  };
}

/** Tells those who made it that it is done. */
export function fulfil({ makers }: Pick<Wish<unknown>, 'makers'>): void {
  for (const { resolve } of makers) resolve(undefined);
}

/** Tells those who made it that it will not be. */
export function refuse({ makers }: Pick<Wish<unknown>, 'makers'>, error: ClientError): void {
  for (const { reject } of makers) reject(error);
}

/**
 * Adds what is typed next to what was typed last, if it continues it, so that what waits is one change.
 *
 * @returns Whether it did.
 */
export function mergeInto<Content>(
  { splice, length, maxUnits }: Kind<Content>,
  wish: Wish<Content>,
  { at, removed, content }: Part<Content>,
): boolean {
  const [before] = wish.parts;
  // Of a list each item is a change of its own.
  if (maxUnits === 1 || wish.state !== 'waiting') return false;
  if (before === undefined || wish.parts.length > 1) return false;
  const written = length(before.content);
  const end = at + removed;
  if (written > 0 && at >= before.at && end <= before.at + written) {
    // Inside of what was put in: written on, or some of it taken back.
    const inside = splice(before.content, { at: at - before.at, removed, content });
    wish.parts = [{ ...before, content: inside }];
  } else if (written === 0 && removed > 0 && (at === before.at || end === before.at)) {
    wish.parts = [{ at, removed: before.removed + removed, content }];
  } else return false;
  return true;
}

/** The wish in pieces that can be sent, each as one change. Its makers hear of any that is refused, and of the last. */
export function split<Content>(kind: Kind<Content>, wish: Wish<Content>): readonly Wish<Content>[] {
  const pieces = wish.parts
    .filter((part) => isEffective(kind, part))
    .flatMap((part) => piecesOf(kind, part));
  if (pieces.length === 1 && wish.parts.length === 1) return [wish];
  const patient = wish.makers.map((maker) => ({ ...maker, resolve: () => undefined }));
  return pieces.map((part, index) => ({
    ...createWish({ parts: [part] }, index === pieces.length - 1 ? wish.makers : patient),
    // Only one of them can have been that change.
    ...(index === 0 && { id: wish.id, state: wish.state }),
  }));
}

function piecesOf<Content>(kind: Kind<Content>, part: Part<Content>): readonly Part<Content>[] {
  const { length, slice } = kind;
  const { at, removed, content } = part;
  const units = removed + length(content);
  const pieces: Part<Content>[] = [];
  for (let done = 0, size = 0; done < units; done += size) {
    size = Math.min(units - done, sizeAt(kind, content, done));
    const written = slice(content, done, done + size);
    pieces.push(
      removed > 0 ? { at, removed: size, content } : { at: at + done, removed, content: written },
    );
  }
  return pieces;
}

/** How much goes into one change, from a place on. */
function sizeAt<Content>(
  { maxUnits, isPair }: Kind<Content>,
  content: Content,
  from: number,
): number {
  return isPair(content, from + maxUnits) ? maxUnits - 1 : maxUnits;
}
