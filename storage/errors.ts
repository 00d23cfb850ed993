/** What the disk can refuse. `docs/errors.md` explains each code. */
export type StorageErrorCode =
  | 'storage_full'
  | 'storage_failed'
  | 'folder_in_use'
  | 'folder_unsafe'
  | 'document_damaged'
  | 'format_too_new'
  | 'identity_damaged'
  | 'identity_missing'
  | 'passphrase_needed'
  | 'wrong_passphrase'
  | 'backup_damaged'
  | 'folder_not_empty'
  | 'file_exists';

/** The disk, or what lies on it, says no. */
export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The system's name of an error, like `ENOENT`; `undefined` when it is none of the system's. */
export function errnoOf(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}

/** Whether an error means that there is no room left, on the disk or in the owner's quota. */
export function isNoSpace(cause: unknown): boolean {
  if (cause instanceof StorageError) return cause.code === 'storage_full';
  const errno = errnoOf(cause);
  return errno === 'ENOSPC' || errno === 'EDQUOT';
}

/** Wraps what a file operation threw; a `StorageError` stays as it is. */
export function toStorageError(cause: unknown, path: string): StorageError {
  if (cause instanceof StorageError) return cause;
  const reason = errnoOf(cause) ?? String(cause);
  return isNoSpace(cause)
    ? new StorageError('storage_full', `no room left to write ${path} (${reason})`, { cause })
    : new StorageError('storage_failed', `could not use ${path} (${reason})`, { cause });
}
