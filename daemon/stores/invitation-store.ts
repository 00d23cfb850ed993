import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import { decodeBase64url } from '../wire/base64url.ts';
import type { Invitation, InvitationStore } from '../domain/ports.ts';
import { FieldReader, formatTime } from './field-reader.ts';
import { isMembers } from './members.ts';

const HASH_BYTES = 32;

type StoredInvitations = Readonly<{ invitations: readonly object[] }>;

/**
 * Opens the contact links that nobody has used yet, in `invitations.json`. An entry that makes no sense is a link that
 * does not work any more, and no reason to lose the others.
 *
 * @param folder The data folder.
 * @throws {StorageError}
 */
export async function openInvitationStore(
  folder: string,
  onNotice: OnNotice,
): Promise<FileInvitationStore> {
  const document = await openDocument<StoredInvitations>({
    path: join(folder, 'invitations.json'),
    bare: false,
    empty: { invitations: [] },
    decode: (value) => encodeInvitations(decodeInvitations(value)),
    onNotice,
  });
  return new FileInvitationStore(document);
}

/** As `openInvitationStore` makes it. */
export class FileInvitationStore implements InvitationStore {
  readonly initial: readonly Invitation[];
  readonly #document: Document<StoredInvitations>;

  constructor(document: Document<StoredInvitations>) {
    this.initial = decodeInvitations(document.data);
    this.#document = document;
  }

  async save(invitations: readonly Invitation[]): Promise<void> {
    this.#document.data = encodeInvitations(invitations);
    await this.#document.write();
  }

  /** Resolves when everything is on the disk. */
  close(): Promise<void> {
    return this.#document.close();
  }
}

function decodeInvitations(value: unknown): readonly Invitation[] {
  const list: unknown = isMembers(value) ? value['invitations'] : undefined;
  return Array.isArray(list) ? list.flatMap((one: unknown) => decodeInvitation(one) ?? []) : [];
}

function decodeInvitation(value: unknown): Invitation | undefined {
  try {
    const reader = new FieldReader(value);
    const tokenHash = reader.text('token_hash');
    decodeBase64url(tokenHash, HASH_BYTES);
    const createdAt = reader.time('created');
    return isInstant(createdAt) ? { tokenHash, createdAt } : undefined;
  } catch {
    // Neither reader throws for anything but a value that is no invitation.
    return undefined;
  }
}

/** Whether a time is one that a date can hold. */
function isInstant(ms: number | undefined): ms is number {
  return ms !== undefined && !Number.isNaN(new Date(ms).getTime());
}

function encodeInvitations(invitations: readonly Invitation[]): StoredInvitations {
  return {
    invitations: invitations.map(({ tokenHash, createdAt }) => ({
      token_hash: tokenHash,
      created: formatTime(createdAt),
    })),
  };
}
