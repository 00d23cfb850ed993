import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { lockFolder } from '../../storage/folder-lock.ts';
import { passphraseSource } from '../../daemon/cli/passphrase-source.ts';
import { run } from '../../daemon/cli/program.ts';
import { start } from '../../daemon/cli/start.ts';
import { noPassphrase, openIdentityFile } from '../../daemon/stores/identity-file.ts';
import { systemRandom } from '../../daemon/system.ts';
import { memoryTerminal } from '../helpers/memory-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const FIRST = 'the first passphrase';
const SECOND = 'another passphrase';

/** A data folder with an identity, and a function that opens it as a start does. */
async function useFolder(t: ExecutionContext) {
  const folder = await temporaryFolder(t);
  const open = async (passphrase?: string) => {
    const { seed } = await openIdentityFile({
      folder,
      random: systemRandom,
      askPassphrase: passphrase === undefined ? noPassphrase : () => Promise.resolve(passphrase),
      isExpected: false,
      onNotice: () => undefined,
    });
    return Buffer.from(seed).toString('hex');
  };
  return { folder, open, seed: await open() };
}

async function passphrase(
  folder: string,
  { options = [], input = '', answers = [], environment = {} }: Partial<Given>,
) {
  const terminal = memoryTerminal(input, answers);
  const code = await run(['passphrase', '--data', folder, ...options], terminal, environment);
  return { code, terminal };
}

type Given = Readonly<{
  options: readonly string[];
  input: string;
  answers: readonly string[];
  environment: Readonly<Record<string, string>>;
}>;

test('a person sets a passphrase, changes it and removes it', async (t) => {
  const { folder, open, seed } = await useFolder(t);

  const set = await passphrase(folder, { answers: [FIRST, FIRST] });
  const changed = await passphrase(folder, { answers: [FIRST, SECOND, SECOND] });
  const underSecond = await open(SECOND);
  const removed = await passphrase(folder, { answers: [SECOND], options: ['--remove'] });

  t.deepEqual([set.code, changed.code, removed.code], [0, 0, 0]);
  t.regex(set.terminal.printed.join(), /is set/);
  t.regex(removed.terminal.printed.join(), /is removed/);
  t.is(underSecond, seed);
  t.is(await open(), seed);
});

test('a program gives the new passphrase in standard input, and the present one beforehand', async (t) => {
  const { folder, open, seed } = await useFolder(t);
  const file = join(folder, 'present');
  await writeFile(file, `${SECOND}\n`, { mode: 0o600 });

  const set = await passphrase(folder, { input: `${FIRST}\n` });
  const environment = { VESTNIK_PASSPHRASE: FIRST };
  const changed = await passphrase(folder, { input: SECOND, environment });
  const options = ['--passphrase-file', file, '--remove'];
  const removed = await passphrase(folder, { options });

  t.deepEqual([set.code, changed.code, removed.code], [0, 0, 0]);
  t.is(await open(), seed);
});

test('a passphrase that is mistyped, short or wrong changes nothing', async (t) => {
  const { folder } = await useFolder(t);
  const read = () => readFile(join(folder, 'identity.json'), 'utf8');
  const before = await read();

  const different = await passphrase(folder, { answers: [FIRST, SECOND] });
  const short = await passphrase(folder, { answers: ['short', 'short'] });

  t.deepEqual([different.code, short.code], [1, 1]);
  t.regex(different.terminal.complained.join(), /not the same/);
  t.regex(short.terminal.complained.join(), /10 characters/);
  t.is(await read(), before);
});

test('while a daemon runs the passphrase stays as it is', async (t) => {
  const { folder } = await useFolder(t);
  const lock = await lockFolder(folder);
  t.teardown(() => lock.release());

  const { code, terminal } = await passphrase(folder, { answers: [FIRST, FIRST] });

  t.is(code, 3);
  t.regex(terminal.complained.join(), /in use/);
});

test('a start takes the passphrase from a file, else from the environment, else from a person', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'passphrase');
  await writeFile(file, `${FIRST}\r\nmore\n`, { mode: 0o600 });
  const environment = { VESTNIK_PASSPHRASE: SECOND };
  const person = memoryTerminal('', ['typed words']);

  const fromFile = passphraseSource({ environment, terminal: person }, file);
  const fromEnvironment = passphraseSource({ environment, terminal: person }, undefined);
  const fromPerson = passphraseSource({ environment: {}, terminal: person }, undefined);
  const fromNowhere = passphraseSource({ environment: {}, terminal: memoryTerminal() }, undefined);

  t.is(await fromFile(true), FIRST);
  t.is(await fromEnvironment(false), SECOND);
  t.is(await fromPerson(false), undefined);
  t.is(await fromPerson(true), 'typed words');
  t.is(await fromNowhere(true), undefined);
});

test('a passphrase file that others may read, or that has none, is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'passphrase');
  const ask = passphraseSource({ environment: {}, terminal: memoryTerminal() }, file);

  await t.throwsAsync(ask(true), { code: 'usage', message: /is not there/ });
  await writeFile(file, '\n', { mode: 0o600 });
  await t.throwsAsync(ask(true), { code: 'usage', message: /no passphrase/ });
  await writeFile(file, FIRST);
  await chmod(file, 0o644);
  await t.throwsAsync(ask(true), { code: 'folder_unsafe' });
});

test('the daemon is started with a way to the passphrase', async (t) => {
  const dataFolder = await temporaryFolder(t);
  const file = join(dataFolder, 'passphrase');
  await writeFile(file, FIRST, { mode: 0o600 });
  const given: unknown[] = [];

  await start(
    { terminal: memoryTerminal(), dataFolder, environment: {}, isJson: false },
    { passphraseFile: file },
    {
      startDaemon: async (_, askPassphrase) => {
        given.push(await askPassphrase(true));
        return {
          listeners: [],
          loginUrl: '',
          debuggerUrl: undefined,
          stop: () => Promise.resolve(),
        };
      },
      stopRequested: Promise.resolve(),
    },
  );

  t.deepEqual(given, [FIRST]);
});
