import type { DomainEvents } from '../domain/events.ts';
import type { RoomMirrors } from '../domain/room-mirrors.ts';
import type { Address } from '../wire/address.ts';
import { HostAsker, type HostAskerDependencies } from './host-asker.ts';
import type { RoomSyncClient } from './room-sync-client.ts';
import { RoomSyncQuestions } from './room-sync-questions.ts';

export type RoomSyncLoopDependencies = Omit<HostAskerDependencies, 'questions' | 'mirrors'> &
  Readonly<{ client: RoomSyncClient; mirrors: RoomMirrors; events: DomainEvents }>;

/** Asks the host of every room that the owner is in, for as long as he is. */
export class RoomSyncLoop {
  readonly #deps: RoomSyncLoopDependencies;
  readonly #questions: RoomSyncQuestions;
  readonly #askers = new Map<Address, HostAsker>();
  #stopListening: () => void = () => undefined;

  constructor(deps: RoomSyncLoopDependencies) {
    this.#deps = deps;
    this.#questions = new RoomSyncQuestions(deps.client);
  }

  /** Asks all hosts, and from now on whoever there is something for. */
  async start(): Promise<void> {
    const { mirrors, events } = this.#deps;
    const stops = [
      events.on('mirrorDue', ({ host }) => this.#ask(host)),
      events.on('attemptDue', ({ contact }) => this.#askers.get(contact.address)?.retryNow()),
      events.on('contact', ({ address }) => this.#askers.get(address)?.retryNow()),
      // Rooms may know the owner under his former nick.
      events.on('renamed', () => this.#askAll()),
    ];
    this.#stopListening = () => stops.forEach((stop) => stop());
    await mirrors.start();
    this.#askAll();
  }

  /** Ends what is under way; resolves when nothing is. */
  async stop(): Promise<void> {
    this.#stopListening();
    const ends = [...this.#askers.values()].map((asker) => asker.stop());
    this.#deps.client.close();
    await Promise.all(ends);
    await this.#deps.mirrors.stop();
  }

  #askAll(): void {
    for (const host of this.#deps.mirrors.hosts()) this.#ask(host);
  }

  #ask(host: Address): void {
    const asker =
      this.#askers.get(host) ??
      new HostAsker(host, {
        ...this.#deps,
        questions: this.#questions,
      });
    this.#askers.set(host, asker);
    asker.hurry();
  }
}
