import type { ServiceCode } from '../../daemon/wire/topic-terms.ts';
import type { TurntableCode } from '../../daemon/wire/turntable.ts';

/**
 * What can go wrong for a client: what the daemon says no to, and three of our own.
 *
 * - `rejected`: the daemon refused a change or a subscription; the sentence says why, and nothing was changed.
 * - `uncertain`: the line broke before the answer, and it can't be told any more whether it was done.
 * - `closed`: you closed it before the answer.
 *
 * @see docs/errors.md#in-programs-with-the-client-library
 */
export type ClientErrorCode = 'rejected' | 'uncertain' | 'closed' | ServiceCode | TurntableCode;

/** Why something did not come about. The message is a sentence for a person. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientErrorCode;

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The end of whatever waits while its owner closes it. */
export function closedError(what: string): ClientError {
  return new ClientError('closed', `${what} was closed`);
}

/** The end of whatever was under way when the line broke. */
export function uncertainError(): ClientError {
  return new ClientError('uncertain', 'the line broke before the answer: it may have been done');
}
