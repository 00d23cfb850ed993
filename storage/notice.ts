/** Something about the files that the owner should know, though all goes on. `docs/errors.md` explains each code. */
export type StorageNoticeCode =
  | 'document_edited'
  | 'document_restored'
  | 'document_reset'
  | 'entry_completed'
  | 'entry_unreadable'
  | 'journal_repaired'
  | 'journal_damaged'
  | 'journal_missing'
  | 'sessions_damaged'
  | 'topics_damaged'
  | 'passphrase_unused'
  | 'folder_migrated';

export type StorageNotice = Readonly<{
  code: StorageNoticeCode;
  /** A sentence for the owner, with the file's name and never its content. */
  message: string;
}>;

export type OnNotice = (notice: StorageNotice) => void;
