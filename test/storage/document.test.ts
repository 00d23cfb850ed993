import {
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDocument } from '../../storage/document.ts';
import { StorageError } from '../../storage/errors.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

type Book = Record<string, number>;

/** Accepts objects of numbers only. */
function decodeBook(value: unknown): Book {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  if (!Object.values(value).every((count) => typeof count === 'number')) throw new TypeError('?');
  return { ...value };
}

async function open(folder: string, bare: boolean) {
  const notices: string[] = [];
  const document = await openDocument<Book>({
    path: join(folder, 'book.json'),
    bare,
    empty: {},
    decode: decodeBook,
    onNotice: ({ code }) => notices.push(code),
  });
  return { document, notices };
}

/** Writes one content after the other, as they come. @returns Path of the file. */
async function writeBook(folder: string, bare: boolean, ...contents: Book[]): Promise<string> {
  const { document } = await open(folder, bare);
  for (const content of contents) {
    document.data = content;
    await document.write();
  }
  return join(folder, 'book.json');
}

const kinds = [
  { bare: true, kind: 'bare' },
  { bare: false, kind: 'framed' },
];

for (const { bare, kind } of kinds) {
  test(`a ${kind} document begins empty and keeps what is written`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = await writeBook(folder, bare, { a: 1 });

    const { document, notices } = await open(folder, bare);

    t.deepEqual(document.data, { a: 1 });
    t.deepEqual(notices, []);
    t.is((await stat(path)).mode & 0o777, 0o600);
  });

  test(`a damaged ${kind} document is set aside and the copy before it is used`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = await writeBook(folder, bare, { a: 1 }, { a: 2 });
    await writeFile(path, '{"a": 3');

    const { document, notices } = await open(folder, bare);

    t.deepEqual(document.data, { a: 1 });
    t.deepEqual(notices, ['document_restored']);
    const [name = ''] = await readdir(join(folder, 'quarantine'));
    t.is(await readFile(join(folder, 'quarantine', name), 'utf8'), '{"a": 3');
  });

  test(`a ${kind} document that is gone comes back from its copy`, async (t) => {
    const folder = await temporaryFolder(t);
    await unlink(await writeBook(folder, bare, { a: 1 }, { a: 2 }));

    const { document, notices } = await open(folder, bare);

    t.deepEqual(document.data, { a: 1 });
    t.deepEqual(notices, ['document_restored']);
  });

  test(`a ${kind} document without any good copy begins anew and loses no byte`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'book.json'), 'nonsense');

    const { document, notices } = await open(folder, bare);
    document.data = { b: 1 };
    await document.write();

    t.deepEqual(notices, ['document_reset']);
    t.is((await readdir(join(folder, 'quarantine'))).length, 1);
    t.deepEqual((await open(folder, bare)).document.data, { b: 1 });
  });

  test(`a ${kind} document of another form counts as damaged`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = await writeBook(folder, bare, { a: 1 }, { a: 2 });
    await writeFile(path, (await readFile(path, 'utf8')).replace('2', '"two"'));

    t.deepEqual((await open(folder, bare)).document.data, { a: 1 });
  });

  test(`what a crash left beside a ${kind} document is removed`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = await writeBook(folder, bare, { a: 1 }, { a: 2 });
    await writeFile(`${path}.77.00ff00ff.tmp`, '{"a"');
    await link(path, `${path}.bak.tmp`);

    const { document, notices } = await open(folder, bare);

    t.deepEqual(document.data, { a: 2 });
    t.deepEqual(notices, []);
    t.false((await readdir(folder)).some((name) => name.endsWith('.tmp')));
  });

  test(`after a write of a ${kind} document that failed, even what was there before is written`, async (t) => {
    const folder = await temporaryFolder(t);
    const { document } = await open(folder, bare);
    document.data = { a: 1 };
    await document.write();
    const path = join(folder, 'book.json');
    const before = await readFile(path);
    const obstacle = join(folder, 'book.json.bak');
    await mkdir(join(obstacle, 'in the way'), { recursive: true });
    document.data = { a: 2 };
    await t.throwsAsync(document.write(), { instanceOf: StorageError });

    // As when the new file had its name already, and only the folder was not synced.
    await writeFile(path, 'what the failed write left');
    await rm(obstacle, { recursive: true });
    document.data = { a: 1 };
    await document.write();

    t.deepEqual(await readFile(path), before);
    t.deepEqual((await open(folder, bare)).notices, []);
  });

  test(`the last content but one of a ${kind} document stays as its copy`, async (t) => {
    const folder = await temporaryFolder(t);
    const path = await writeBook(folder, bare, { a: 1 }, { a: 2 }, { a: 3 });
    await rename(`${path}.bak`, path);

    t.deepEqual((await open(folder, bare)).document.data, { a: 2 });
  });
}

test('a bare document that a person edited is used and reported once', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeBook(folder, true, { a: 1 });
  await writeFile(path, '{"a": 5}');

  const first = await open(folder, true);
  const second = await open(folder, true);

  t.deepEqual(first.document.data, { a: 5 });
  t.deepEqual(first.notices, ['document_edited']);
  t.deepEqual(second.notices, []);
});

test('a bare document that a person made is used as it is', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'book.json'), '{"a": 5}');

  const { document, notices } = await open(folder, true);

  t.deepEqual(document.data, { a: 5 });
  t.deepEqual(notices, []);
});

test('a crash between checksum and document is no edit', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeBook(folder, true, { a: 1 }, { a: 2 });
  // The checksums of the second content lie beside the first one.
  await rename(`${path}.bak`, path);

  const { notices } = await open(folder, true);

  t.deepEqual(notices, []);
});

test('a framed document does not care for its layout', async (t) => {
  const folder = await temporaryFolder(t);
  const path = await writeBook(folder, false, { a: 1 });
  await writeFile(path, JSON.stringify(JSON.parse(await readFile(path, 'utf8'))));

  t.deepEqual((await open(folder, false)).document.data, { a: 1 });
});

test('a framed document of a newer version is refused and left alone', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'book.json');
  const text = '{"v": 2, "crc": "?", "data": {}}';
  await writeFile(path, text);

  await t.throwsAsync(open(folder, false), { instanceOf: StorageError, code: 'format_too_new' });

  t.is(await readFile(path, 'utf8'), text);
});

test('writes of one moment are one write, and each caller waits for its content', async (t) => {
  const folder = await temporaryFolder(t);
  const { document } = await open(folder, true);

  const writes = [1, 2, 3].map((count) => {
    document.data = { count };
    return document.write();
  });
  await writes[0];

  t.deepEqual((await open(folder, true)).document.data, { count: 3 });
  t.false((await readdir(folder)).includes('book.json.bak'));
  await Promise.all(writes);
});

test('a write that comes during another one is durable when it resolves', async (t) => {
  const folder = await temporaryFolder(t);
  const { document } = await open(folder, true);

  for (let count = 0; count < 5; count++) {
    document.data = { count };
    const written = document.write();
    if (count % 2 === 0) await written;
  }
  await document.close();

  t.deepEqual((await open(folder, true)).document.data, { count: 4 });
});

test('closing hurries what waits', async (t) => {
  const folder = await temporaryFolder(t);
  const { document } = await open(folder, false);
  document.data = { a: 1 };
  const written = document.write();

  await document.close();

  t.deepEqual((await open(folder, false)).document.data, { a: 1 });
  await written;
});

test('reading again finds what was written just before, and disturbs no write', async (t) => {
  const folder = await temporaryFolder(t);
  const { document, notices } = await open(folder, true);

  for (let count = 0; count < 5; count++) {
    document.data = { count };
    const written = document.write();
    const read = document.read();
    await Promise.all([written, read]);
    t.deepEqual(document.data, { count });
  }

  t.deepEqual(notices, []);
});

test('a write that fails says so, and the next one works', async (t) => {
  const folder = await temporaryFolder(t);
  const { document } = await open(folder, true);
  document.data = { a: 1 };
  await rename(folder, `${folder}.away`);
  await t.throwsAsync(document.write(), { instanceOf: StorageError, code: 'storage_failed' });
  await rename(`${folder}.away`, folder);

  await document.write();

  t.deepEqual((await open(folder, true)).document.data, { a: 1 });
});

test('a symbolic link is refused', async (t: ExecutionContext) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'elsewhere'), '{}');
  await symlink('elsewhere', join(folder, 'book.json'));

  await t.throwsAsync(open(folder, true), { instanceOf: StorageError, code: 'folder_unsafe' });
});
