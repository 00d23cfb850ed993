import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { count } from './format.ts';
import { passphraseSource } from './passphrase-source.ts';
import { tell } from './tell.ts';

export type RestoreOptions = Readonly<{ passphraseFile?: string; verify?: boolean }>;

/** `vestnik restore`: puts a backup into an empty data folder, or with `--verify` only looks whether it could. */
export async function restore(
  context: CommandContext,
  file: string,
  { passphraseFile, verify = false }: RestoreOptions,
): Promise<void> {
  const { dataFolder } = context;
  const ask = passphraseSource(context, passphraseFile, 'Passphrase of the backup: ');
  const passphrase = await ask(true);
  if (passphrase === undefined) {
    throw new CommandError(
      'usage',
      'a backup lies under a passphrase; give it in VESTNIK_PASSPHRASE or with --passphrase-file',
    );
  }
  if (verify) {
    const { readBackup } = await import('../stores/read-backup.ts');
    const manifest = await readBackup(file, passphrase, undefined);
    tell(context, manifest, () => `${file} is whole: ${describe(manifest)}.`);
    return;
  }
  const { restoreBackup } = await import('../restore.ts');
  const manifest = await restoreBackup({ file, folder: dataFolder, passphrase });
  tell(context, manifest, () => sentences(manifest, dataFolder));
}

type Manifest = Readonly<{ created: string; files: readonly unknown[] }>;

function describe({ created, files }: Manifest): string {
  return `made ${created.slice(0, 16).replace('T', ' ')} UTC, ${count(files.length, 'file')}`;
}

function sentences(manifest: Manifest, folder: string): string {
  return [
    `The backup (${describe(manifest)}) is in ${folder}.`,
    'Never let a second daemon run with it: stop the one from which it came, for good.',
    'Start with: vestnik start. Messages that came after the backup are not there; your friends are, and notice nothing.',
  ].join('\n');
}
