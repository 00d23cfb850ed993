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

/** Folders whose files start programs or a browser: those cost what they cost, and want their time to themselves. */
const APART = new Set(['browser', 'chatroom', 'scenarios']);

/** Files that change or measure what a process has only one of. */
const ALONE = new Set([
  // The environment.
  'cli/open-browser.test.js',
  // Real daemons, and what one types, one word after another.
  'cli/real-daemon.test.js',
  // A thousand connections at once, which a listener cuts when it comes to them too late.
  'peer/stranger-floods.test.js',
  // Each of them is as long as a group, and would hold up its neighbours' timers.
  'domain/deleting.test.js',
  'domain/rekeying.test.js',
]);

/** Files that share a process. With more, little is won: the start is paid once for eight already. */
const GROUP_SIZE = 8;

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
  const lonely = files.filter(isLonely).map((file) => join(tests, file));
  const shared = groupsOf(files.filter((file) => !isLonely(file)));
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

function isLonely(file: string): boolean {
  return APART.has(folderOf(file)) || ALONE.has(file);
}

type Group = Readonly<{ name: string; members: readonly string[] }>;

/** Neighbours share a process: they import the same. */
function groupsOf(files: readonly string[]): readonly Group[] {
  const folders = [...new Set(files.map(folderOf))];
  return folders.flatMap((folder) => {
    const inside = files.filter((file) => folderOf(file) === folder);
    const count = Math.ceil(inside.length / GROUP_SIZE);
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
