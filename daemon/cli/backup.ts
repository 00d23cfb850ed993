import { openApi } from './api-client.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { passphraseSource } from './passphrase-source.ts';
import { findDaemon } from './running-daemon.ts';
import { refuseExisting, saveFile } from './save-file.ts';
import { tell } from './tell.ts';

export type BackupOptions = Readonly<{ passphraseFile?: string }>;

/** `vestnik backup`: everything that counts in one file under a passphrase, whether a daemon runs or not. */
export async function backup(
  context: CommandContext,
  file: string,
  { passphraseFile }: BackupOptions,
): Promise<void> {
  const { dataFolder } = context;
  await refuseExisting(file);
  const passphrase = await choosePassphrase(context, passphraseFile);
  if ((await findDaemon(dataFolder)) === undefined) {
    const { backUpResting } = await import('../back-up.ts');
    await backUpResting(dataFolder, passphrase, (bytes) => saveFile(file, bytes));
  } else {
    const api = await openApi(dataFolder);
    await saveFile(file, await api.stream('POST', '/api/backup', { passphrase }));
  }
  tell(
    context,
    { file },
    () => `${file} is the backup. Without its passphrase nobody can open it.`,
  );
}

/** A person types it twice, since it can't be seen. */
async function choosePassphrase(
  context: CommandContext,
  file: string | undefined,
): Promise<string> {
  const { terminal } = context;
  const given = await passphraseSource(context, file)(false);
  if (given !== undefined) return given;
  if (!terminal.isPersonTyping) {
    throw new CommandError(
      'usage',
      'a backup needs a passphrase; give it in VESTNIK_PASSPHRASE or with --passphrase-file',
    );
  }
  const chosen = await terminal.askSecret('Passphrase for the backup (10 characters or more): ');
  if (chosen === (await terminal.askSecret('Again: '))) return chosen;
  throw new CommandError('refused', 'the two are not the same; no backup was made');
}
