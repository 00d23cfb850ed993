import type { Controls } from './controls.ts';
import type { Contact, ContactNumber } from './model.ts';
import type { MessageStore } from './ports.ts';

/** Messages that are looked back upon; who wrote more while we were both away gets the rest when we meet. */
const LOOK_BACK_MESSAGES = 200;
/** What came so shortly before the last exchange may not have been part of it. */
const MARGIN_MS = 60_000;

type Dependencies = Readonly<{
  messages: Pick<MessageStore, 'page'>;
  controls: Pick<Controls, 'acknowledge'>;
}>;

/**
 * Acknowledgements that a former run may have owed: they are in memory alone. Whoever can reach us directly sends again,
 * and gets another one; but what a friend brought would not come again, and its writer would wait in vain.
 */
export class FormerAcknowledgements {
  readonly #deps: Dependencies;
  readonly #done = new Set<ContactNumber>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Acknowledges once more what friends brought from a contact since we last met it; once in a run. */
  async owe(contact: Contact): Promise<void> {
    if (contact.encryption !== 'dr1' || this.#done.has(contact.number)) return;
    this.#done.add(contact.number);
    const { messages, controls } = this.#deps;
    const sinceMs = (contact.lastConnectAt ?? 0) - MARGIN_MS;
    const page = await messages.page(contact.number, { limit: LOOK_BACK_MESSAGES });
    const brought = page.filter(
      ({ direction, enctype, via, receivedAt }) =>
        direction === 'in' && enctype === 'dr1' && via !== undefined && receivedAt >= sinceMs,
    );
    controls.acknowledge(
      contact,
      brought.map(({ id }) => id),
    );
  }
}
