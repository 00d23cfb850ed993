/** Security test row 31: data folders of every format that was ever released (D14). */
import { readdirSync } from 'node:fs';
import { chmod, cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { checkFolder } from '../../daemon/stores/check-folder.ts';
import { noPassphrase } from '../../daemon/stores/identity-file.ts';
import { decodeExportLine, type ExportLine } from '../../daemon/wire/export.ts';
import { FORMAT } from '../../storage/meta.ts';
import { listFiles } from '../../storage/staged-change.ts';
import { startDaemonProcess } from '../helpers/daemon-process.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const FIXTURES = 'test/fixtures';
const names = readdirSync(FIXTURES).filter((name) => /^format-\d+$/.test(name));

/** What an export says, but for attempts that a daemon makes as soon as it runs. */
function linesOf(text: string): readonly ExportLine[] {
  const lines = text.trimEnd().split('\n');
  return lines.map((one, index) => {
    const line = decodeExportLine(one, index + 1);
    if (line.k !== 'message') return line;
    return { ...line, steps: line.steps.filter(({ step }) => step !== 'attempt') };
  });
}

for (const name of names) {
  test(`row 31: a daemon starts on a folder in ${name}, and has everything that was in it`, async (t) => {
    const folder = join(await temporaryFolder(t), 'data');
    await cp(join(FIXTURES, name), folder, { recursive: true });
    // What lies in a repository forgets its modes.
    await chmod(folder, 0o700);
    for (const file of await listFiles(folder)) await chmod(join(folder, file), 0o600);
    for (const journal of ['history', 'relay']) await chmod(join(folder, journal), 0o700);

    const report = await checkFolder({ folder, askPassphrase: noPassphrase });
    const daemon = await startDaemonProcess(t, { data: folder, nick: '', host: '127.71.0.1' });
    const answer = await fetch(`${daemon.api.url}/api/export`, {
      headers: { authorization: `Bearer ${daemon.api.token}` },
    });

    t.deepEqual(report.findings, []);
    t.is(report.identity, 'opened');
    const expected = await readFile(join(FIXTURES, `${name}.jsonl`), 'utf8');
    t.deepEqual(linesOf(await answer.text()), linesOf(expected));
    t.deepEqual(daemon.defects, []);
    t.notRegex(daemon.log, /"event":"notice"/);
  });
}

test('row 31: there is a folder of the present format', (t) => {
  t.true(names.includes(`format-${FORMAT}`));
});
