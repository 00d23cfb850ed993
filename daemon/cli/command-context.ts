import type { Terminal } from './terminal.ts';

/** What every command is given. */
export type CommandContext = Readonly<{
  terminal: Terminal;
  /** Absolute path of `DATA`. */
  dataFolder: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** The output is for a program: the daemon's answer as JSON. */
  isJson: boolean;
}>;

/** Makes a command's context, once its options are known. */
export type ContextOf = () => CommandContext;
