/** Every example of docs/client.md is run as it stands, and prints what the page says. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { startDaemonProcess } from '../helpers/daemon-process.ts';

/** Inside of the package, whose own name leads to the library there. */
const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const EXAMPLE = /^## ([^\n]+)\n(?:(?!^## )[^])*?^```js\n([^]*?)^```\n\n```\n([^]*?)^```\n/gm;
/** A few more than ten, with what connects and ends. */
const MAX_LINES = 18;

type Example = Readonly<{ name: string; code: string; prints: string }>;

async function readExamples(): Promise<readonly Example[]> {
  const page = await readFile('docs/client.md', 'utf8');
  return [...page.matchAll(EXAMPLE)].map(([, title = '', code = '', prints = '']) => ({
    name: title.toLowerCase().replaceAll(' ', '-'),
    ...{ code, prints },
  }));
}

test('every example of the client library does what the page says', async (t) => {
  const examples = await readExamples();
  const daemon = await startDaemonProcess(t, {
    environment: { VESTNIK_HUB_LISTEN: '127.0.0.1:0' },
  });
  const env = {
    ...process.env,
    DAEMON: daemon.api.url,
    TOKEN: daemon.api.token,
    HUB: daemon.hubUrl,
  };
  await mkdir(FOLDER, { recursive: true });

  const printed = await Promise.all(
    examples.map(async ({ name, code }) => {
      const path = join(FOLDER, `${name}.mjs`);
      await writeFile(path, code);
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], { env });
      return stdout + stderr;
    }),
  );

  t.deepEqual(
    printed,
    examples.map(({ prints }) => prints),
  );
  t.is(examples.length, 7);
  t.deepEqual(daemon.defects, []);
});

test('every example of the client library is short', async (t) => {
  const long = (await readExamples()).filter(({ code }) => code.split('\n').length > MAX_LINES);

  t.deepEqual(
    long.map(({ name }) => name),
    [],
  );
});
