import { wireMessageId } from '../crypto/digest.ts';
import type { Controls } from './controls.ts';
import type { DomainEvents } from './events.ts';

type Dependencies = Readonly<{ controls: Controls; events: DomainEvents }>;

/**
 * Tells contacts that encrypt of messages that will never come, so that their numbers do not look like something lost on
 * the way.
 */
export class Withdrawals {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  start(): void {
    this.#deps.events.on('abandoned', ({ contact, message }) => {
      if (contact.encryption !== 'dr1' || message.sequence === undefined) return;
      const sequence = message.sequence - contact.sequenceBase;
      if (sequence < 1) return;
      this.#deps.controls.withdraw(contact, {
        id: wireMessageId(message.id),
        sequence,
        isFinal: false,
      });
    });
  }
}
