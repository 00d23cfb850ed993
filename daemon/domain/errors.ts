/** A rule of the domain says no. Codes are stable; `docs/errors.md` explains each. */
export type DomainErrorCode =
  | 'bad_address'
  | 'not_found'
  | 'contact_exists'
  | 'forbidden'
  | 'id_conflict'
  | 'not_cancellable'
  | 'not_askable'
  | 'identity_changed'
  | 'rekey_under_way';

export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: DomainErrorCode;

  constructor(code: DomainErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
