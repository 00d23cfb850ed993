import type { Command } from 'commander';
import type { BackupOptions } from './backup.ts';
import type { CheckOptions } from './check.ts';
import type { ContextOf } from './command-context.ts';
import type { ExportOptions } from './export.ts';
import type { RestoreOptions } from './restore.ts';

/** Adds the commands that save what is in a data folder, and bring it back. */
export function addSafekeepingCommands(program: Command, contextOf: ContextOf): void {
  program.commandsGroup('Your data:');
  program
    .command('backup')
    .description('save everything that counts in one file, under a passphrase')
    .argument('<file>', 'the file to make')
    .option('--passphrase-file <file>', 'where the passphrase for the backup is')
    .action(async (file: string, options: BackupOptions) =>
      (await import('./backup.ts')).backup(contextOf(), file, options),
    );
  program
    .command('restore')
    .description('put a backup into an empty data folder')
    .argument('<file>', 'the backup')
    .option('--passphrase-file <file>', 'where the passphrase of the backup is')
    .option('--verify', 'only look whether the backup is whole; restore nothing')
    .action(async (file: string, options: RestoreOptions) =>
      (await import('./restore.ts')).restore(contextOf(), file, options),
    );
  program
    .command('export')
    .description('write everything readable to a file, as lines of JSON')
    .argument('<file>', 'the file to make')
    .option('--contact <contact>', 'only this contact and what was said there')
    .action(async (file: string, options: ExportOptions) =>
      (await import('./export.ts')).exportFile(contextOf(), file, options),
    );
  program
    .command('import')
    .description('add what an export has and this daemon has not')
    .argument('<file>', 'the export')
    .action(async (file: string) => (await import('./import.ts')).importFile(contextOf(), file));
  program
    .command('check')
    .description('look whether everything in the data folder is whole; while the daemon is stopped')
    .option('--passphrase-file <file>', 'where the passphrase of the data folder is')
    .action(async (options: CheckOptions) =>
      (await import('./check.ts')).check(contextOf(), options),
    );
}
