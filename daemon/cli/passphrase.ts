import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { passphraseSource } from './passphrase-source.ts';
import { tell } from './tell.ts';

export type PassphraseOptions = Readonly<{ remove?: boolean; passphraseFile?: string }>;

/** `vestnik passphrase`: sets, changes or removes the passphrase of a data folder on which no daemon runs. */
export async function passphrase(
  context: CommandContext,
  { remove = false, passphraseFile }: PassphraseOptions,
): Promise<void> {
  const { dataFolder, terminal } = context;
  const { changePassphrase } = await import('../change-passphrase.ts');
  await changePassphrase({
    folder: dataFolder,
    askPresent: passphraseSource(context, passphraseFile),
    askNew: () => (remove ? Promise.resolve(undefined) : askNew(context)),
    onNotice: ({ message }) => terminal.complain(message),
  });
  tell(context, undefined, () =>
    remove
      ? 'The passphrase is removed: whoever can read this folder can be you.'
      : 'The passphrase is set. The daemon needs it at every start; without it nobody can get at your identity, you included.',
  );
}

/** A person types it twice, since it can't be seen; a program gives it once. */
async function askNew({ terminal }: CommandContext): Promise<string> {
  const chosen = await terminal.askSecret('New passphrase (10 characters or more): ');
  if (terminal.isPersonTyping && chosen !== (await terminal.askSecret('Again: '))) {
    throw new CommandError('refused', 'the two are not the same; nothing was changed');
  }
  return chosen;
}
