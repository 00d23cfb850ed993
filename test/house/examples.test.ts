import { readFile } from 'node:fs/promises';
import test from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { decodeClientFrame } from '../../daemon/wire/topic.ts';
import { parseLine } from '../../storage/line.ts';
import { memoryTerminal } from '../helpers/memory-terminal.ts';
import { readSources } from '../helpers/source-files.ts';

/** Lines of a page that are one JSON object each. */
async function readObjects(page: string): Promise<readonly string[]> {
  const text = await readFile(page, 'utf8');
  return text.split('\n').filter((line) => /^\{"[a-z]+":.*\}$/.test(line));
}

test('every journal line in the documents has the checksum that it shows', async (t) => {
  const lines = await readObjects('docs/storage.md');

  const damaged = lines.filter((line) => {
    const bytes = Buffer.from(line);
    return parseLine(bytes, 0, bytes.byteLength) === undefined;
  });

  t.true(lines.length > 5);
  t.deepEqual(damaged, []);
});

test('every frame in the documents can be decoded', async (t) => {
  const lines = [
    ...(await readObjects('docs/topics.md')),
    ...(await readObjects('docs/gui-api.md')).filter((line) => line.startsWith('{"type":')),
  ];

  // What the daemon alone says has no decoder here; updates look the same from both sides.
  const shared = lines.filter((line) => !/^\{"type":"(?:hello|reject_update)"/.test(line));

  t.true(shared.length > 5);
  for (const line of shared) t.notThrows(() => decodeClientFrame(line), line);
});

test('every command and each of its options is documented', async (t) => {
  const documented = await readFile('docs/gui-api.md', 'utf8');
  const terminal = memoryTerminal();
  await run(['--help'], terminal, {});
  const commands = [
    ...terminal.printed.join('\n').matchAll(/^ {2}([a-z]+)(?: [[<].*)? {2,}\S/gm),
  ].map(([, name = '']) => name);

  t.true(commands.includes('start') && commands.includes('cancel'));
  for (const command of commands) {
    t.regex(documented, new RegExp(`\`(?:vestnik )?${command}\\b`), command);
    const help = memoryTerminal();
    await run([command, '--help'], help, {});
    const options = help.printed.join('\n').match(/(?<=^ .*)--[a-z-]+/gm) ?? [];
    for (const option of options.filter((one) => one !== '--help')) {
      t.true(documented.includes(option), `${command} ${option}`);
    }
  }
});

test('every call of the REST interface is documented', async (t) => {
  const documented = await readFile('docs/gui-api.md', 'utf8');
  const calls = (await readSources('daemon/gui-listener')).flatMap(({ text }) => callsIn(text));

  t.true(calls.includes('GET /api/contacts') && calls.includes('PUT /api/password'));
  t.deepEqual(
    calls.filter((call) => !new RegExp(`\`${call}[\` ?]`).test(documented)),
    [],
  );
});

/** Calls that the routers of a file answer, like `GET /api/contacts/:address`. */
function callsIn(text: string): readonly string[] {
  return text.split('new Router').flatMap((part) => {
    const prefix = /prefix: '([^']+)'/.exec(part)?.[1];
    if (prefix === undefined) return [];
    const routes = part.matchAll(/router\.(get|post|put|patch|delete)\('([^']+)'/g);
    return [...routes].map(([, method = '', path = '']) =>
      `${method.toUpperCase()} ${prefix}${path}`.replace(/\/$/, ''),
    );
  });
}
