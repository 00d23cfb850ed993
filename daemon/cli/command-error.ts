/** Exit codes of the command line. Source: docs/gui-api.md#command-line. */
export const EXIT_CODE = {
  done: 0,
  refused: 1,
  usage: 2,
  folderInUse: 3,
  noDaemon: 4,
} as const;

/** Why a command did not do what it was asked. `docs/errors.md` explains each. */
export type CommandErrorCode = 'refused' | 'usage' | 'no_daemon' | 'bad_answer';

/** A command failed in a way that its sentence explains to the person who typed it. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;
  /** What the daemon answered, where it did. */
  readonly answer: unknown;

  constructor(
    code: CommandErrorCode,
    message: string,
    options?: ErrorOptions & { answer?: unknown },
  ) {
    super(message, options);
    this.code = code;
    this.answer = options?.answer;
  }
}
