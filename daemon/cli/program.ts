/** What the command line understands. A command's code is loaded only when it runs. */
import { homedir } from 'node:os';
import { Argument, Command, Option } from 'commander';
import { resolveDataFolder } from '../data-folder.ts';
import { OWN_STATUSES, PRESENCE_SHARINGS, RETENTION_PERIODS } from '../wire/gui-api.ts';
import type { AcceptOptions } from './accept.ts';
import type { AddOptions } from './add.ts';
import type { ChangeOptions } from './change.ts';
import type { CommandContext, ContextOf } from './command-context.ts';
import { CommandError, EXIT_CODE } from './command-error.ts';

import type { DeleteOptions } from './delete.ts';
import { explainFailure } from './failure.ts';
import type { LoginOptions } from './login.ts';
import type { PassphraseOptions } from './passphrase.ts';
import { parseCount, parseSwitch, READ_DEFAULT_COUNT } from './option-forms.ts';
import type { ReadOptions } from './read.ts';
import type { RemoveOptions } from './remove.ts';
import type { SearchOptions } from './search.ts';
import type { SendOptions } from './send.ts';
import type { StartOptions } from './start.ts';
import { addRoomCommands } from './room-commands.ts';
import { processTerminal, type Terminal } from './terminal.ts';
import { addSafekeepingCommands } from './safekeeping-commands.ts';
import { addTrustCommands, CONTACT_HELP } from './trust-commands.ts';

const SEARCH_DEFAULT_MESSAGES = 20;

const FIRST_STEPS = `
First steps:
  vestnik start --open       run the daemon and open your browser
  vestnik link               a link for a friend, to be your contact
  vestnik add ADDRESS|LINK   ask a friend to be your contact
  vestnik send NAME hello    write to a friend from the terminal

A command explains itself: vestnik COMMAND --help`;

type Environment = CommandContext['environment'];
type GlobalOptions = Readonly<{ data?: string; json?: boolean }>;

/**
 * Runs one command.
 *
 * @param words The command line without the program's name.
 * @returns The exit code; what went wrong has been said on standard error.
 */
export async function run(
  words: readonly string[],
  terminal: Terminal = processTerminal(),
  environment: Environment = process.env,
): Promise<number> {
  const program = createProgram(terminal, environment);
  try {
    if (words.length === 0) program.help();
    const isVersion = words[0] === '--version' || words[0] === '-V';
    await program.parseAsync(isVersion ? ['version'] : words, { from: 'user' });
    return EXIT_CODE.done;
  } catch (error) {
    const { sentence, exitCode } = explainFailure(error);
    const answer = error instanceof CommandError ? error.answer : undefined;
    if (answer !== undefined && program.opts<GlobalOptions>().json === true) {
      terminal.print(JSON.stringify(answer));
    }
    if (sentence !== '') terminal.complain(`vestnik: ${sentence}`);
    return exitCode;
  }
}

function createProgram(terminal: Terminal, environment: Environment): Command {
  const program = new Command('vestnik');
  program
    .description('Messages between you and your friends, without anybody in between.')
    .usage('COMMAND …')
    .option('--data <folder>', 'data folder, unless it is $VESTNIK_DATA or the usual place')
    .option('--json', 'print the daemon’s answer as JSON, for programs')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', FIRST_STEPS)
    .showHelpAfterError('Try: vestnik --help')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd().replace(/^error:/, 'vestnik:')),
    });
  const contextOf: ContextOf = () => createContext(program, terminal, environment);
  addDaemonCommands(program, contextOf);
  addContactCommands(program, contextOf);
  addTrustCommands(program, contextOf);
  addMessageCommands(program, contextOf);
  addSafekeepingCommands(program, contextOf);
  addRoomCommands(program, contextOf);
  return program;
}

function createContext(
  program: Command,
  terminal: Terminal,
  environment: Environment,
): CommandContext {
  const { data, json } = program.opts<GlobalOptions>();
  const { platform } = process;
  const dataFolder = resolveDataFolder({
    flag: data,
    environment,
    platform,
    homeFolder: homedir(),
  });
  return { terminal, dataFolder, environment, isJson: json === true };
}

function addDaemonCommands(program: Command, contextOf: ContextOf): void {
  program.commandsGroup('Your daemon:');
  program
    .command('start')
    .description('run the daemon until Ctrl+C')
    .option('--peer <host:port>', 'where friends’ daemons reach it (default: [::]:4884)')
    .option('--gui <host:port>', 'where your browser reaches it (default: 127.0.0.1:4885)')
    .option('--hub <host:port>', 'where guests reach your rooms (default: nowhere)')
    .option('--address <address>', 'your address as friends are told it')
    .option('--nick <name>', 'your name as friends see it')
    .option('--open', 'open the browser')
    .option('--passphrase-file <file>', 'where the passphrase is, for a start without you')
    .action(async (options: StartOptions) =>
      (await import('./run-daemon.ts')).runDaemon(contextOf(), options),
    );
  program
    .command('status')
    .description('show what the daemon is and how it goes, or say what friends see of you')
    .addArgument(new Argument('[status]', 'what friends see').choices(OWN_STATUSES))
    .action(async (chosen: string | undefined) =>
      (await import('./status.ts')).status(contextOf(), chosen),
    );
  program
    .command('login')
    .description('print a fresh link that lets a browser in')
    .option('--open', 'open the browser')
    .action(async (options: LoginOptions) =>
      (await import('./login.ts')).login(contextOf(), options),
    );
  program
    .command('password')
    .description('set the password for browsers on other machines')
    .action(async () => (await import('./password.ts')).password(contextOf()));
  program
    .command('passphrase')
    .description('put identity and session keys under a passphrase; while the daemon is stopped')
    .option('--remove', 'put them under none')
    .option('--passphrase-file <file>', 'where the present passphrase is')
    .action(async (options: PassphraseOptions) =>
      (await import('./passphrase.ts')).passphrase(contextOf(), options),
    );
  program
    .command('version')
    .description('print the version of this program')
    .action(async () => {
      const { readVersion } = await import('../version.ts');
      contextOf().terminal.print(readVersion());
    });
}

function addContactCommands(program: Command, contextOf: ContextOf): void {
  program.commandsGroup('Contacts:');
  program
    .command('contacts')
    .description('list contacts and those who ask to be')
    .action(async () => (await import('./contacts.ts')).contacts(contextOf()));
  program
    .command('add')
    .description('ask somebody to be your contact')
    .argument('<address>', 'address of their daemon, or their contact link')
    .option('--nick <name>', 'what you call them')
    .option('--relay', 'they may carry your messages to others while these are away')
    .action(async (address: string, options: AddOptions) =>
      (await import('./add.ts')).add(contextOf(), address, options),
    );
  program
    .command('accept')
    .description('accept somebody who asks to be your contact, or a contact’s new identity')
    .argument('<contact>', CONTACT_HELP)
    .option('--as <address>', 'their real address, when the request could not tell the port')
    .option('--fingerprint <fingerprint>', 'accept nobody but who has this one')
    .option('--confirmed', 'yes, even if they were verified before, or come without encryption')
    .action(async (contact: string, options: AcceptOptions) =>
      (await import('./accept.ts')).accept(contextOf(), contact, options),
    );
  program
    .command('dismiss')
    .description('put a request or a new identity out of sight, without a word to them')
    .argument('<contact>', CONTACT_HELP)
    .action(async (contact: string) =>
      (await import('./dismiss.ts')).dismiss(contextOf(), contact),
    );
  program
    .command('change')
    .description('change a contact’s name, who carries for whom, how long messages are kept')
    .argument('<contact>', CONTACT_HELP)
    .option('--nick <name>', 'what you call them')
    .option('--relay <on|off>', 'they may carry your messages', parseSwitch)
    .option('--carry <on|off>', 'you carry messages for them', parseSwitch)
    .option('--relay-plain <on|off>', 'who carries what you send them may read it', parseSwitch)
    .option('--mute <on|off>', 'no notifications of their messages', parseSwitch)
    .addOption(
      new Option('--show <level>', 'what they see of your being there').choices(PRESENCE_SHARINGS),
    )
    .addOption(
      new Option('--keep <period>', 'delete messages here that are older').choices([
        'default',
        ...RETENTION_PERIODS,
      ]),
    )
    .action(async (contact: string, options: ChangeOptions) =>
      (await import('./change.ts')).change(contextOf(), contact, options),
    );
  program
    .command('block')
    .description('keep nothing from them any more, without a word to them')
    .argument('<contact>', CONTACT_HELP)
    .action(async (contact: string) => (await import('./block.ts')).block(contextOf(), contact));
  program
    .command('unblock')
    .description('end a block')
    .argument('<contact>', CONTACT_HELP)
    .action(async (contact: string) =>
      (await import('./unblock.ts')).unblock(contextOf(), contact),
    );
  program
    .command('remove')
    .description('remove a contact; messages stay')
    .argument('<contact>', CONTACT_HELP)
    .option('--history', 'remove the messages too')
    .action(async (contact: string, options: RemoveOptions) =>
      (await import('./remove.ts')).remove(contextOf(), contact, options),
    );
}

function addMessageCommands(program: Command, contextOf: ContextOf): void {
  program.commandsGroup('Messages:');
  program
    .command('send')
    .description('write to a contact')
    .argument('<contact>', CONTACT_HELP)
    .argument('<text...>', 'what to write; - takes it from standard input')
    .option('--id <id>', 'a name for this message, so that a repeated command sends it once')
    .action(async (contact: string, words: string[], options: SendOptions) =>
      (await import('./send.ts')).send(contextOf(), contact, words, options),
    );
  program
    .command('read')
    .description('show a conversation')
    .argument('<contact>', CONTACT_HELP)
    .option('-n, --count <number>', 'how many messages', parseCount, READ_DEFAULT_COUNT)
    .option('-f, --follow', 'go on with new messages as they come')
    .action(async (contact: string, options: ReadOptions) =>
      (await import('./read.ts')).read(contextOf(), contact, options),
    );
  program
    .command('search')
    .description('find messages that have all the words, the newest first')
    .argument('<words...>', 'beginnings of words; "in quotation marks" whole words in this order')
    .option('--in <contact>', 'only in the conversation with this contact')
    .option('--in-room <room>', 'only in this room')
    .option('-n, --count <number>', 'how many messages', parseCount, SEARCH_DEFAULT_MESSAGES)
    .action(async (words: string[], options: SearchOptions) =>
      (await import('./search.ts')).search(contextOf(), words, options),
    );
  program
    .command('retry')
    .description('offer a waiting message again now')
    .argument('<contact>', CONTACT_HELP)
    .argument('<id>', 'the message')
    .action(async (contact: string, id: string) =>
      (await import('./retry.ts')).retry(contextOf(), contact, id),
    );
  program
    .command('cancel')
    .description('take back a message that was not delivered yet')
    .argument('<contact>', CONTACT_HELP)
    .argument('<id>', 'the message')
    .action(async (contact: string, id: string) =>
      (await import('./cancel.ts')).cancel(contextOf(), contact, id),
    );
  program
    .command('delete')
    .description('delete messages here, and if you like ask their program to do the same')
    .argument('<contact>', CONTACT_HELP)
    .argument('[ids...]', 'the messages')
    .option('--both', 'ask their program to delete them too; your own messages only')
    .option('--all', 'the whole conversation, on this machine')
    .action(async (contact: string, ids: string[], options: DeleteOptions) =>
      (await import('./delete.ts')).deleteMessages(contextOf(), contact, ids, options),
    );
  const relay = program
    .command('relay')
    .description('show what you carry for friends; relay drop CONTACT ends it')
    .action(async () => (await import('./relay.ts')).relayLedger(contextOf()));
  relay
    .command('drop')
    .description('throw away what you carry for a contact')
    .argument('<contact>', CONTACT_HELP)
    .action(async (contact: string) =>
      (await import('./relay.ts')).relayDrop(contextOf(), contact),
    );
}
