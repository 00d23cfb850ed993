import type { Envelopes } from '../domain/envelopes.ts';
import type { Contact, DeliveryOutcome } from '../domain/model.ts';
import type { Rekeying } from '../domain/rekeying.ts';
import type { BatchResult, PeerCalls } from './peer-calls.ts';

type Dependencies = Readonly<{
  rekeying: Pick<Rekeying, 'isDue' | 'isInDoubt' | 'notice' | 'told'>;
  envelopes: Pick<Envelopes, 'wrap'>;
  calls: Pick<PeerCalls, 'offer' | 'provesItself'>;
}>;

/** Tells contacts of our other identity, each by itself and never past a friend: its proven yes is what counts. */
export class RekeyNotices {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  isDue(contact: Contact): boolean {
    return this.#deps.rekeying.isDue(contact);
  }

  /**
   * Tells a contact, in the session with our former identity.
   *
   * @returns `undefined` when there is no session, or nothing to tell any more.
   * @throws {StorageError}
   */
  async tell(contact: Contact): Promise<BatchResult | undefined> {
    const { rekeying, envelopes, calls } = this.#deps;
    const control = await rekeying.notice(contact);
    if (control === undefined) return undefined;
    const wrapped = await envelopes.wrap(contact, { controls: [control] });
    if (wrapped === undefined) return undefined;
    const result = await calls.offer(contact, wrapped.controls);
    if (result.outcome === 'ok' && result.accepted[0] === true) await rekeying.told(contact);
    return result;
  }

  /**
   * Asks a contact that no longer proves itself to our former identity whether it knows the present one: then it was
   * told, and its answer was lost. A ping shows nothing to a contact that was not.
   *
   * @throws {StorageError}
   */
  async resolve(contact: Contact, outcome: DeliveryOutcome): Promise<DeliveryOutcome> {
    const { rekeying, calls } = this.#deps;
    if (outcome !== 'not_proven' || !rekeying.isInDoubt(contact)) return outcome;
    if (!(await calls.provesItself({ ...contact, knownAs: undefined }))) return outcome;
    await rekeying.told(contact);
    return 'ok';
  }
}
