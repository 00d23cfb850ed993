import { CommanderError } from 'commander';
import { StorageError } from '../../storage/errors.ts';
import { ConfigError, type ConfigErrorCode } from '../config-error.ts';
import { CommandError, EXIT_CODE, type CommandErrorCode } from './command-error.ts';

/** How a failed command ends: the sentence for standard error, `''` for none, and the exit code. */
export type Failure = Readonly<{ sentence: string; exitCode: number }>;

const COMMAND_EXIT: Readonly<Record<CommandErrorCode, number>> = {
  refused: EXIT_CODE.refused,
  usage: EXIT_CODE.usage,
  no_daemon: EXIT_CODE.noDaemon,
  bad_answer: EXIT_CODE.refused,
};

const CONFIG_EXIT: Readonly<Record<ConfigErrorCode, number>> = {
  unknown_setting: EXIT_CODE.usage,
  bad_setting: EXIT_CODE.usage,
  bad_config_file: EXIT_CODE.usage,
};

/** Turns whatever a command threw into a sentence and an exit code. */
export function explainFailure(error: unknown): Failure {
  if (error instanceof CommanderError) return explainUsage(error);
  if (error instanceof CommandError) {
    return { sentence: error.message, exitCode: COMMAND_EXIT[error.code] };
  }
  if (error instanceof ConfigError) {
    return { sentence: error.message, exitCode: CONFIG_EXIT[error.code] };
  }
  if (!(error instanceof Error)) return { sentence: String(error), exitCode: EXIT_CODE.refused };
  if (error instanceof StorageError && error.code === 'folder_in_use') {
    return { sentence: error.message, exitCode: EXIT_CODE.folderInUse };
  }
  // Ours carry a code and a sentence. Without one it is a defect, for which only the stack is of use.
  const sentence = 'code' in error ? error.message : (error.stack ?? error.message);
  return { sentence, exitCode: EXIT_CODE.refused };
}

/** Commander has printed its sentence already, and help is no failure. */
function explainUsage(error: CommanderError): Failure {
  return { sentence: '', exitCode: error.exitCode === 0 ? EXIT_CODE.done : EXIT_CODE.usage };
}
