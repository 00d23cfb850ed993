import test from 'ava';
import { readSources } from '../helpers/source-files.ts';

/** Words for things that have another name here, as parts of file names and of exported names. */
const FOREIGN_WORDS = /manager|helper|util|payload|packet/i;

const FOLDERS = ['storage', 'daemon', 'gui/client', 'gui/client-node', 'gui/src'];

/** Vite prescribes how its configuration is named and exported. */
const CONFIGURATION = 'vite.config.ts';

async function readAll() {
  const sources = (await Promise.all(FOLDERS.map(readSources))).flat();
  return sources.filter(({ path }) => !path.endsWith(CONFIGURATION));
}

test('files are named in kebab-case after what they hold, and none is a barrel', async (t) => {
  const paths = (await readAll()).map(({ path }) => path);

  const odd = paths.filter((path) => !/^(?:[a-z0-9-]+\/)*[a-z0-9-]+\.tsx?$/.test(path));
  const barrels = paths.filter((path) => /\/(?:index|types|common|shared)\.tsx?$/.test(path));

  t.deepEqual([...odd, ...barrels], []);
});

test('every export has a name', async (t) => {
  const defaults = (await readAll()).filter(({ text }) => /^export default\b/m.test(text));

  t.deepEqual(
    defaults.map(({ path }) => path),
    [],
  );
});

test('names keep to the words of the house', async (t) => {
  const exported =
    /^export (?:async )?(?:abstract )?(?:const|function|class|type|interface) (\w+)/gm;
  const names = (await readAll()).flatMap(({ path, text }) => [
    path,
    ...[...text.matchAll(exported)].map(([, name = '']) => `${path}: ${name}`),
  ]);

  t.deepEqual(
    names.filter((name) => FOREIGN_WORDS.test(name)),
    [],
  );
});

test('only the entry ends the process', async (t) => {
  const ending = (await readAll()).filter(({ text }) => /\bprocess\.exit\(/.test(text));

  t.deepEqual(
    ending.map(({ path }) => path),
    ['daemon/main.ts'],
  );
});

test('pages speak with the daemon through the client library alone', async (t) => {
  const folders = ['gui/client', 'gui/client-node', 'gui/debugger/src', 'gui/src'];
  const sources = (await Promise.all(folders.map(readSources))).flat();
  const opening = sources.filter(({ text }) => /\bnew WebSocket\b/.test(text));
  const live = sources.find(({ path }) => path === 'gui/src/live.ts');

  t.deepEqual(opening.map(({ path }) => path).sort(), [
    'gui/client-node/open-node-socket.ts',
    'gui/client/sockets.ts',
    'gui/src/main.tsx',
  ]);
  t.regex(live?.text ?? '', /from '\.\.\/client\/following\.ts'/);
});
