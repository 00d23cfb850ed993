/**
 * Puts test files together, so that a process runs several of them.
 *
 * ava starts a process for each file, which loads the same libraries and layers again. Files that share one, eight at
 * a time, take a good third less processor time: some 170 s instead of 270, measured when there were 206 of them.
 *
 * ava starts the tests of a process as soon as it has met one. A file that awaits something outside a test names its own
 * too late, and ava says so.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** Files that change or measure what a process has only one of, or take as long by themselves as others together. */
const ALONE = new Set([
  // The environment.
  'cli/open-browser.test.js',
  // Real daemons, and what one types, one word after another.
  'cli/real-daemon.test.js',
  // Hundreds of connections at once, which a listener cuts when it comes to them too late.
  'peer/stranger-floods.test.js',
  // A peer that comes too late to what it is asked is given up.
  'peer/peer-line.test.js',
  // Every bit of a request flipped: as long as a group, and a neighbour like those below.
  'peer/hop-proof.test.js',
  // What a client is answered, and when.
  'chatroom/conformance.test.js',
  'chatroom/fuzz.test.js',
  // Each of them is as long as a group, and would hold up its neighbours' timers.
  'domain/deleting.test.js',
  'domain/rekeying.test.js',
  // What a busy process asks too late on a connection that the daemon has just closed, is answered by nobody.
  'scenarios/garbage-gui.test.js',
  'scenarios/garbage-peer.test.js',
  // Many pages.
  'browser/look.test.js',
  'browser/trust.test.js',
  // Many daemons, or daemons that are kept busy.
  ...['attacks', 'bad-peers', 'broken-network', 'crash-points', 'damage', 'kill9', 'pair'].map(
    (name) => `scenarios/${name}.test.js`,
  ),
  ...['powercut', 'rekey', 'relay', 'rooms-equal'].map((name) => `scenarios/${name}.test.js`),
]);

/** Files that share a process. With more, little is won: the start is paid once for eight already. */
const GROUP_SIZE = 8;

/**
 * Folders whose files start programs or a browser, all at once: of those fewer share a process. Three save two thirds of
 * what loading them costs, and tests of the browser two of three browsers.
 */
const SMALLER_GROUPS: ReadonlyMap<string, number> = new Map([
  ['browser', 3],
  ['scenarios', 3],
]);

/**
 * Writes one file into a folder for each group, which imports the test files of that group.
 *
 * @param tests  Folder of the built tests.
 * @param groups Folder of the groups; what was in it is removed.
 * @returns      Files for ava to run: the groups, and the test files that belong to none.
 */
export async function groupTests(tests: string, groups: string): Promise<readonly string[]> {
  await rm(groups, { recursive: true, force: true });
  await mkdir(groups, { recursive: true });

  const files = await testFilesIn(tests);
  const lonely = files.filter((file) => ALONE.has(file)).map((file) => join(tests, file));
  const shared = groupsOf(files.filter((file) => !ALONE.has(file)));
  const written = shared.map(async ({ name, members }) => {
    const path = join(groups, `${name}.test.js`);
    await writeFile(path, members.map((file) => importOf(groups, join(tests, file))).join(''));
    return path;
  });
  // What lasts longest begins first.
  return [...lonely, ...(await Promise.all(written))];
}

/** Paths from the folder, with `/` on every system, sorted. */
async function testFilesIn(folder: string): Promise<readonly string[]> {
  const paths = await readdir(folder, { recursive: true });
  return paths
    .filter((path) => path.endsWith('.test.js'))
    .map(withSlashes)
    .sort();
}

type Group = Readonly<{ name: string; members: readonly string[] }>;

/** Neighbours share a process: they import the same. */
function groupsOf(files: readonly string[]): readonly Group[] {
  const all = [...new Set(files.map(folderOf))];
  const folders = [
    ...SMALLER_GROUPS.keys(),
    ...all.filter((folder) => !SMALLER_GROUPS.has(folder)),
  ];
  return folders.flatMap((folder) => {
    const inside = files.filter((file) => folderOf(file) === folder);
    const count = Math.ceil(inside.length / (SMALLER_GROUPS.get(folder) ?? GROUP_SIZE));
    // Dealt like cards: a folder's dear files often stand together in the alphabet.
    return Array.from({ length: count }, (_, turn) => ({
      name: count === 1 ? folder : `${folder}-${turn + 1}`,
      members: inside.filter((_file, position) => position % count === turn),
    }));
  });
}

function folderOf(file: string): string {
  return file.split('/')[0] ?? '';
}

function importOf(from: string, file: string): string {
  return `import './${withSlashes(relative(from, file))}';\n`;
}

function withSlashes(path: string): string {
  return path.split(sep).join('/');
}
