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
  | 'rekey_under_way'
  | RoomErrorCode;

/** Rules of rooms. */
export type RoomErrorCode =
  | 'room_exists'
  | 'room_closed'
  | 'room_private'
  | 'room_full'
  | 'banned'
  | 'name_taken'
  | 'creation_refused'
  | 'not_member'
  | 'still_joined'
  | 'too_many_waits';

export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: DomainErrorCode;

  constructor(code: DomainErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
