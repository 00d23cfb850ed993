/** Invitations to games, for those who are here and for those who will be. */
import type { TurntableFrame, TurntableId } from '../wire/turntable.ts';
import type { Cluster } from './cluster.ts';
import type { GuestPresence } from './guest-presence.ts';
import type { Clock } from './ports.ts';
import type { TurntableClient } from './turntable-client.ts';

/** Invitations that wait for one person; the oldest gives way. */
export const PERSON_MAX_INVITATIONS = 20;
/** People for whom something waits; who has waited longest gives way. */
export const MAX_INVITED = 10_000;
/** After that nobody waits for an answer any more. */
export const INVITATION_KEPT_MS = 86_400_000;

export type GameInvitation = Readonly<{ channel: string; from: TurntableId }>;
type Waiting = Readonly<{ invitation: GameInvitation; untilMs: number }>;

type Dependencies = Readonly<{
  presence: Pick<GuestPresence, 'clientsOf'>;
  clock: Clock;
  /** Guests of other servers; `undefined` where there are none. */
  cluster: Pick<Cluster, 'invite'> | undefined;
}>;

export class GameInvitations {
  readonly #deps: Dependencies;
  /** Longest waiting first. */
  readonly #waiting = new Map<TurntableId, readonly Waiting[]>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Tells every connection of this person, at whichever server, or keeps it until there is one. */
  invite(id: TurntableId, invitation: GameInvitation): void {
    const isHere = this.#tell(id, invitation);
    const isElsewhere = this.#deps.cluster?.invite(id, invitation) === true;
    if (!isHere && !isElsewhere) this.#keep(id, invitation);
  }

  /** Another server has an invitation for somebody whom it takes to be here. */
  take(id: TurntableId, invitation: GameInvitation): void {
    if (!this.#tell(id, invitation)) this.invite(id, invitation);
  }

  /** Another server has said something of this person: if he is there now, what waited here goes there. */
  heardOf(id: TurntableId): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    const valid = this.#valid(waiting);
    if (valid.every((invitation) => this.#deps.cluster?.invite(id, invitation) === true)) {
      this.#waiting.delete(id);
    }
  }

  /** Gives a person who is here again what has waited. */
  deliver(client: TurntableClient): void {
    const waiting = this.#waiting.get(client.id) ?? [];
    this.#waiting.delete(client.id);
    for (const invitation of this.#valid(waiting)) client.receive(toFrame(invitation));
  }

  /** @returns Whether this person is here. */
  #tell(id: TurntableId, invitation: GameInvitation): boolean {
    const clients = this.#deps.presence.clientsOf(id);
    const frame = toFrame(invitation);
    for (const client of clients) client.receive(frame);
    return clients.size > 0;
  }

  #valid(waiting: readonly Waiting[]): readonly GameInvitation[] {
    const now = this.#deps.clock.monotonicMs();
    return waiting.filter(({ untilMs }) => now < untilMs).map(({ invitation }) => invitation);
  }

  #keep(id: TurntableId, invitation: GameInvitation): void {
    const { channel, from } = invitation;
    const others = (this.#waiting.get(id) ?? []).filter(
      ({ invitation: one }) => one.channel !== channel || one.from !== from,
    );
    const untilMs = this.#deps.clock.monotonicMs() + INVITATION_KEPT_MS;
    this.#waiting.set(id, [...others, { invitation, untilMs }].slice(-PERSON_MAX_INVITATIONS));
    const [longest] = this.#waiting.keys();
    if (this.#waiting.size > MAX_INVITED && longest !== undefined) this.#waiting.delete(longest);
  }
}

function toFrame({ channel, from }: GameInvitation): TurntableFrame {
  return { command: 'invite', channel, from };
}
