import type { ContactNumber } from './model.ts';
import type { Clock } from './ports.ts';

/** More than so many within an hour, and a contact is not listened to for an hour. Source: docs/room-sync.md. */
export const FORGED_MAX = 10;
const HOUR_MS = 3_600_000;

type Count = { count: number; sinceMs: number };

type Dependencies = Readonly<{
  clock: Pick<Clock, 'monotonicMs'>;
  /** For the log. */
  onForged: (contact: ContactNumber, fact: string) => void;
}>;

/** Counts what contacts say in the name of others. */
export class ForgedLines {
  readonly #deps: Dependencies;
  readonly #counts = new Map<ContactNumber, Count>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  note(contact: ContactNumber, fact: string): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const known = this.#recent(contact);
    if (known === undefined) this.#counts.set(contact, { count: 1, sinceMs: nowMs });
    else if (++known.count === FORGED_MAX + 1) known.sinceMs = nowMs;
    this.#deps.onForged(contact, fact);
  }

  /** Whether a contact has said too much, so that nobody listens to it any more. */
  isCutOff(contact: ContactNumber): boolean {
    return (this.#recent(contact)?.count ?? 0) > FORGED_MAX;
  }

  #recent(contact: ContactNumber): Count | undefined {
    const known = this.#counts.get(contact);
    if (known === undefined) return undefined;
    if (this.#deps.clock.monotonicMs() - known.sinceMs < HOUR_MS) return known;
    this.#counts.delete(contact);
    return undefined;
  }
}
