import { appendFile, chmod, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { noPassphrase } from '../../daemon/stores/identity-file.ts';
import { checkFolder } from '../../daemon/stores/check-folder.ts';
import { listFiles } from '../../storage/staged-change.ts';
import { makeDataFolder, openFolderStores } from '../helpers/backups.ts';
import { memoryTerminal } from '../helpers/memory-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

async function useFolder(t: ExecutionContext) {
  const folder = join(await temporaryFolder(t), 'data');
  await makeDataFolder(folder);
  const check = () => checkFolder({ folder, askPassphrase: noPassphrase });
  return { folder, check, segment: join(folder, 'history', '000001.jsonl') };
}

/** Names, contents and times of all files. */
async function imageOf(folder: string): Promise<readonly unknown[]> {
  const names = await listFiles(folder);
  return Promise.all(
    names.map(async (name) => {
      const { mtimeMs, ino } = await stat(join(folder, name));
      return [name, mtimeMs, ino, await readFile(join(folder, name), 'latin1')];
    }),
  );
}

test('a folder in which all is well is whole, and stays as it is', async (t) => {
  const { folder, check } = await useFolder(t);
  const before = await imageOf(folder);

  const report = await check();

  t.deepEqual(report, {
    ok: true,
    records: 6,
    messages: 0,
    contacts: 0,
    identity: 'opened',
    findings: [],
  });
  t.deepEqual(await imageOf(folder), before);
});

test('a damaged line, one that is missing and one that was cut off are told apart', async (t) => {
  const { folder, check, segment } = await useFolder(t);
  const lines = (await readFile(segment, 'utf8')).trimEnd().split('\n');
  const damaged = lines.with(1, (lines[1] ?? '').replace('"q":1', '"q":7')).toSpliced(3, 1);
  await writeFile(segment, `${damaged.join('\n')}\n{"s":7,"k":"se`);
  const before = await imageOf(folder);

  const { ok, findings } = await check();

  t.false(ok);
  t.deepEqual(
    findings.map(({ level, message }) => `${level}: ${message.replace(/\d\d+/g, '…')}`).sort(),
    [
      'damage: 1 record damaged (… bytes at …)',
      'damage: 1 record missing before byte …',
      'note: a write at the end was cut off (… bytes at …); the next start removes it',
    ],
  );
  t.deepEqual(await imageOf(folder), before);
});

test('damaged, edited and missing documents, an identity that is none, links and open files are told', async (t) => {
  const { folder, check } = await useFolder(t);
  await writeFile(join(folder, 'drafts.json'), '{"v":1,"crc":"00000000","data":{}}');
  await appendFile(join(folder, 'config.json'), ' ');
  await writeFile(join(folder, 'contacts.json'), '{"fc00::b":{"nick":7}}');
  await writeFile(join(folder, 'identity.json'), '{}', { mode: 0o600 });
  await rm(join(folder, 'requests.json'));
  await symlink('/etc/hostname', join(folder, 'requests.json'));
  await chmod(join(folder, 'api-token'), 0o644);

  const { ok, findings, identity } = await check();

  t.false(ok);
  t.is(identity, 'damaged');
  t.deepEqual(findings.map(({ level, file }) => `${level} ${file}`).sort(), [
    'damage api-token',
    'damage contacts.json',
    'damage drafts.json',
    'damage identity.json',
    'damage requests.json',
    'damage requests.json',
    'note config.json',
  ]);
});

test('a folder on which a daemon runs is not checked', async (t) => {
  const { folder, check } = await useFolder(t);
  const stores = await openFolderStores(folder);
  t.teardown(() => stores.close());

  await t.throwsAsync(check(), { code: 'folder_in_use' });
  const terminal = memoryTerminal();
  t.is(await run(['check', '--data', folder], terminal, {}), 3);
});

test('the command says what is there, and ends with 1 for damage', async (t) => {
  const { folder, segment } = await useFolder(t);
  const [whole, damaged, nothing] = [memoryTerminal(), memoryTerminal(), memoryTerminal()];

  const first = await run(['check', '--data', folder], whole, {});
  await writeFile(segment, (await readFile(segment, 'utf8')).replace('"q":3', '"q":8'));
  const second = await run(['--json', 'check', '--data', folder], damaged, {});
  const third = await run(['check', '--data', join(folder, 'nowhere')], nothing, {});

  t.deepEqual([first, second, third], [0, 1, 1]);
  t.deepEqual(whole.printed, ['0 messages, 6 records, 0 contacts; identity whole']);
  t.like(JSON.parse(damaged.printed.join('')), { ok: false, records: 5 });
  t.regex(damaged.complained.join(), /1 thing in .* is not as it should be; nothing was changed/);
  t.regex(nothing.complained.join(), /there is no data folder/);
});
