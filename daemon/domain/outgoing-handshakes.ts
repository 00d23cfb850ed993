import { encodeBase64url } from '../wire/base64url.ts';
import type { E2eAnswer, Hs1, Hs2 } from '../wire/e2e.ts';
import type { Contacts } from './contacts.ts';
import type { Contact } from './model.ts';
import { toPeerIdentity } from './peer-identity.ts';
import type { Pinning } from './pinning.ts';
import type { Clock } from './ports.ts';
import type { DirectAttempt, SessionAttempts } from './session-attempts.ts';

type Dependencies = Readonly<{
  contacts: Contacts;
  attempts: SessionAttempts;
  pinning: Pinning;
  clock: Clock;
}>;

/**
 * What a handshake of ours came to: `made` – a session, which proves by itself who answered; `yielded` – one of the
 * contact's own went first, so ours may have told it nothing; `nothing` that counts.
 */
export type Settled = 'made' | 'yielded' | 'nothing';

/** A handshake of ours that is about to leave. */
export type OutgoingHandshake = Readonly<{
  /** `undefined` when the contact only has to learn our access key, which the hop proves (E8b). */
  e2e: Hs1 | undefined;
  /**
   * Takes what was answered, `undefined` for nothing that counts.
   *
   * @throws {StorageError}
   */
  settle: (answer: E2eAnswer | undefined) => Promise<Settled>;
}>;

/** The life of a handshake from the sending side. Source: docs/encryption.md#handshake. */
export class OutgoingHandshakes {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  begin(contact: Contact): OutgoingHandshake {
    // The owner gave encryption up, so none is offered.
    if (contact.isPlainByChoice || !this.#needsSession(contact))
      return { e2e: undefined, settle: () => Promise.resolve('nothing') };
    const { hs1, attempt } = this.#deps.attempts.begin(contact);
    return { e2e: hs1, settle: (answer) => this.#settle(contact, attempt, answer) };
  }

  /** Whoever does not certainly know us must not see a handshake that looks like a plain one. */
  #needsSession(contact: Contact): boolean {
    return !contact.isKnownToPeer || this.#deps.attempts.dueMs(contact) !== undefined;
  }

  async #settle(
    before: Contact,
    attempt: DirectAttempt,
    answer: E2eAnswer | undefined,
  ): Promise<Settled> {
    const { attempts, contacts, pinning } = this.#deps;
    const contact = contacts.byNumber(before.number);
    if (contact === undefined || answer?.kind !== 'hs2') {
      attempts.abandon(before, attempt);
      const isBusy = answer?.kind === 'trouble' && answer.trouble === 'busy';
      return isBusy || attempt.isGivenUp ? 'yielded' : 'nothing';
    }
    const finishing = await attempts.finish(contact, attempt, answer.hs2);
    if (finishing.kind === 'made') {
      await pinning.pinFinished(contact, finishing.peer);
      return 'made';
    }
    if (finishing.kind === 'refused' && finishing.reason === 'other_identity') {
      await contacts.update(contact, { candidate: this.#candidate(contact, answer.hs2) });
    }
    return finishing.kind === 'given_up' ? 'yielded' : 'nothing';
  }

  #candidate(contact: Contact, hs2: Hs2): Contact['candidate'] {
    const identity = { ...toPeerIdentity(hs2), bind: encodeBase64url(hs2.bind) };
    return { key: contact.key ?? '', identity, at: this.#deps.clock.nowMs() };
  }
}
