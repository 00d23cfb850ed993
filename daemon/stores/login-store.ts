import { join } from 'node:path';
import { openDocument, type Document } from '../../storage/document.ts';
import type { OnNotice } from '../../storage/notice.ts';
import { FieldReader, formatTime } from './field-reader.ts';

/** A browser that is logged in. Only the hash of its token is kept. */
export type KeptSession = Readonly<{
  id: string;
  tokenHash: string;
  agent: string;
  createdAt: number;
  usedAt: number;
}>;

/** What is kept of the owner's password: scrypt's cost, and salt and hash in base64url. */
export type KeptPassword = Readonly<{
  n: number;
  r: number;
  p: number;
  salt: string;
  hash: string;
}>;

export type KeptLogin = Readonly<{
  password: KeptPassword | undefined;
  sessions: readonly KeptSession[];
}>;

type StoredLogin = Readonly<{ password?: object | undefined; sessions: readonly object[] }>;

/**
 * Opens the browser sessions and the password's hash, in `sessions.json`.
 *
 * @param folder The data folder.
 * @throws {StorageError}
 */
export async function openLoginStore(folder: string, onNotice: OnNotice): Promise<FileLoginStore> {
  const document = await openDocument<StoredLogin>({
    path: join(folder, 'sessions.json'),
    bare: false,
    empty: { sessions: [] },
    decode: (value) => encodeLogin(decodeLogin(value)),
    onNotice,
  });
  return new FileLoginStore(document);
}

/** As `openLoginStore` makes it. */
export class FileLoginStore {
  readonly initial: KeptLogin;
  readonly #document: Document<StoredLogin>;

  constructor(document: Document<StoredLogin>) {
    this.initial = decodeLogin(document.data);
    this.#document = document;
  }

  /**
   * Replaces all; durable when it resolves.
   *
   * @throws {StorageError}
   */
  async save(login: KeptLogin): Promise<void> {
    this.#document.data = encodeLogin(login);
    await this.#document.write();
  }

  /** Resolves when everything is on the disk. */
  close(): Promise<void> {
    return this.#document.close();
  }
}

function decodeLogin(value: unknown): KeptLogin {
  const login = new FieldReader(value);
  return {
    password: login.has('password') ? decodePassword(login.object('password')) : undefined,
    sessions: login.list('sessions').map((session) => ({
      id: session.text('id'),
      tokenHash: session.text('token_hash'),
      agent: session.text('agent'),
      createdAt: session.time('created') ?? 0,
      usedAt: session.time('used') ?? 0,
    })),
  };
}

function decodePassword(password: FieldReader): KeptPassword {
  return {
    n: password.count('n', 0),
    r: password.count('r', 0),
    p: password.count('p', 0),
    salt: password.text('salt'),
    hash: password.text('hash'),
  };
}

function encodeLogin({ password, sessions }: KeptLogin): StoredLogin {
  return {
    password,
    sessions: sessions.map(({ id, tokenHash, agent, createdAt, usedAt }) => ({
      id,
      token_hash: tokenHash,
      agent,
      created: formatTime(createdAt),
      used: formatTime(usedAt),
    })),
  };
}
