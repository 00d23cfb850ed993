import type { CheckReport } from '../stores/check-folder.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { count, oneLine } from './format.ts';
import { passphraseSource } from './passphrase-source.ts';

export type CheckOptions = Readonly<{ passphraseFile?: string }>;

/** `vestnik check`: verifies the data folder and changes nothing; refused when something is damaged. */
export async function check(
  context: CommandContext,
  { passphraseFile }: CheckOptions,
): Promise<void> {
  const { terminal, dataFolder, isJson } = context;
  const { checkFolder } = await import('../stores/check-folder.ts');
  const askPassphrase = passphraseSource(context, passphraseFile);
  const report = await checkFolder({ folder: dataFolder, askPassphrase });
  if (isJson) terminal.print(JSON.stringify(report));
  else for (const line of linesOf(report)) terminal.print(line);
  if (report.ok) return;
  const damages = report.findings.filter(({ level }) => level === 'damage').length;
  throw new CommandError(
    'refused',
    `${count(damages, 'thing')} in ${dataFolder} ${damages === 1 ? 'is' : 'are'} not as it should be; nothing was changed`,
  );
}

const IDENTITY: Readonly<Record<CheckReport['identity'], string>> = {
  opened: 'whole',
  sealed: 'whole as a file; under a passphrase, which was not tried',
  damaged: 'damaged',
  missing: 'none yet',
};

function linesOf({ records, messages, contacts, identity, findings }: CheckReport): string[] {
  return [
    ...findings.map(({ level, file, message }) => `${level.padEnd(8)}${oneLine(file)}: ${message}`),
    `${count(messages, 'message')}, ${count(records, 'record')}, ${count(contacts, 'contact')}; identity ${IDENTITY[identity]}`,
  ];
}
