/** The log in files of bounded size, for machines where nobody else bounds it (docs/security.md, G27). */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { ConfigError } from './config-error.ts';

/** Source: docs/security.md, G27. */
export const LOG_FILE_MAX_BYTES = 2 ** 20;
export const LOG_FILES = 5;
const STANDARD_ERROR = 2;

/** Takes whole lines. */
export interface LogFile {
  write(line: string): void;
}

/**
 * Opens a log file and adds to it. A line that would make it too long begins a new file; the one before becomes `.1`,
 * and so on up to `.4`, whose predecessor is dropped.
 *
 * Lines are written at once, so none is lost when the process ends. They are not synced: a power cut may cost the last.
 *
 * @param otherwise Takes what the file does not: standard error unless said otherwise.
 * @throws {ConfigError} `bad_setting`: the file can't be opened.
 */
export function openLogFile(
  path: string,
  maxBytes = LOG_FILE_MAX_BYTES,
  otherwise: LogFile = { write: writeToStandardError },
): LogFile {
  try {
    return new RotatingFile(path, maxBytes, otherwise);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError('bad_setting', `log.file can’t be written: ${reason}`, { cause });
  }
}

class RotatingFile implements LogFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #otherwise: LogFile;
  #descriptor: number;
  #sizeBytes: number;

  constructor(path: string, maxBytes: number, otherwise: LogFile) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#otherwise = otherwise;
    this.#descriptor = openToAppend(path);
    this.#sizeBytes = fstatSync(this.#descriptor).size;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    try {
      if (this.#sizeBytes > 0 && this.#sizeBytes + bytes.byteLength > this.#maxBytes)
        this.#rotate();
      this.#sizeBytes += writeSync(this.#descriptor, bytes);
    } catch {
      // The disk is full or broken, which is worth a line more than most things are.
      this.#otherwise.write(line);
    }
  }

  #rotate(): void {
    for (let age = LOG_FILES - 1; age > 0; age--) {
      renameIfThere(this.#name(age - 1), this.#name(age));
    }
    const next = openToAppend(this.#path);
    closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#sizeBytes = 0;
  }

  #name(age: number): string {
    return age === 0 ? this.#path : `${this.#path}.${age}`;
  }
}

function openToAppend(path: string): number {
  return openSync(path, 'a', 0o600);
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing) throw error;
  }
}

function writeToStandardError(line: string): void {
  try {
    writeSync(STANDARD_ERROR, line);
  } catch {
    // Nobody reads it any more; there is no other place to say so.
  }
}
