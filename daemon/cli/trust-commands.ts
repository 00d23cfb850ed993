/** What the command line understands of identities. A command's code is loaded only when it runs. */
import type { Command } from 'commander';
import type { ContextOf } from './command-context.ts';
import type { FingerprintOptions } from './fingerprint.ts';
import type { LinkOptions } from './link.ts';
import type { PlainOptions } from './plain.ts';
import type { RekeyOptions } from './rekey.ts';
import type { VerifyOptions } from './verify.ts';

export const CONTACT_HELP = 'address or name of the contact';

export function addTrustCommands(program: Command, contextOf: ContextOf): void {
  program.commandsGroup('Who is who:');
  program
    .command('link')
    .description('print a contact link for one friend, good once and for seven days')
    .option('--public', 'one for everybody instead; whoever uses it asks as a stranger')
    .action(async (options: LinkOptions) => (await import('./link.ts')).link(contextOf(), options));
  program
    .command('fingerprint')
    .description('show your fingerprint, or a contact’s and the safety number to compare')
    .argument('[contact]', CONTACT_HELP)
    .option('--candidate', 'of who came in the contact’s place')
    .action(async (contact: string | undefined, options: FingerprintOptions) =>
      (await import('./fingerprint.ts')).fingerprint(contextOf(), contact, options),
    );
  program
    .command('verify')
    .description('compare the safety number with a contact, so that nobody can stand between you')
    .argument('<contact>', CONTACT_HELP)
    .option('--fingerprint <fingerprint>', 'theirs, as they told you, or their contact link')
    .option('--undo', 'take it back')
    .action(async (contact: string, options: VerifyOptions) =>
      (await import('./verify.ts')).verify(contextOf(), contact, options),
    );
  program
    .command('plain')
    .description('write to a contact without encryption from now on')
    .argument('<contact>', CONTACT_HELP)
    .option('--confirmed', 'do not ask')
    .action(async (contact: string, options: PlainOptions) =>
      (await import('./plain.ts')).plain(contextOf(), contact, options),
    );
  program
    .command('rekey')
    .description('make a new key for yourself, if somebody may know the old one')
    .option('--yes', 'do not ask')
    .action(async (options: RekeyOptions) =>
      (await import('./rekey.ts')).rekey(contextOf(), options),
    );
}
