import type { Controls } from './controls.ts';
import type { DomainEvents } from './events.ts';
import type { Contact } from './model.ts';
import type { MessageStore } from './ports.ts';

/** How far back from the read mark we look for something that the contact knows by its id. */
const LOOK_BACK_MESSAGES = 20;

type Dependencies = Readonly<{
  messages: Pick<MessageStore, 'page'>;
  controls: Controls;
  events: DomainEvents;
  /** Whether the owner lets this contact know. */
  sharesReading: (contact: Contact) => boolean;
}>;

/** Tells contacts that encrypt up to where the owner has read, if the owner likes. */
export class ReadReceipts {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(onDefect: (error: unknown) => void): void {
    this.#deps.events.on('read', ({ contact, upToS }) => {
      if (contact.encryption !== 'dr1' || !this.#deps.sharesReading(contact)) return;
      this.#tell(contact, upToS).catch(onDefect);
    });
  }

  async #tell(contact: Contact, upToS: number): Promise<void> {
    const query = { before: upToS + 1, limit: LOOK_BACK_MESSAGES };
    const page = await this.#deps.messages.page(contact.number, query);
    const last = page.findLast(({ direction, enctype }) => direction === 'in' && enctype === 'dr1');
    if (last !== undefined) this.#deps.controls.read(contact, last.id);
  }
}
