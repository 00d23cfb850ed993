import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { formatTarHeader, parseTarHeader, TAR_END, tarPadding } from '../../storage/tar.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const MEMBER = { name: 'history/000001.jsonl', sizeBytes: 5, modifiedS: 1_795_219_874 };

/** A header with a byte changed, its checksum made right again. */
function forge(change: (block: Buffer) => void): Buffer {
  const block = formatTarHeader(MEMBER);
  change(block);
  block.fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

test('what is written is read again', (t) => {
  t.deepEqual(parseTarHeader(formatTarHeader(MEMBER)), MEMBER);
  t.is(parseTarHeader(TAR_END.subarray(0, 512)), 'end');
  t.deepEqual([0, 1, 511, 512, 513].map(tarPadding), [0, 511, 1, 0, 511]);
});

test('any tar program unpacks it', async (t) => {
  const folder = await temporaryFolder(t);
  const parts = [formatTarHeader(MEMBER), Buffer.from('hello'), Buffer.alloc(507), TAR_END];
  await writeFile(join(folder, 'a.tar'), Buffer.concat(parts));

  const { stdout } = await promisify(execFile)('tar', ['-xOf', join(folder, 'a.tar')]);

  t.is(stdout, 'hello');
});

test('links, folders, long names, negative sizes and wrong checksums are not read', (t) => {
  const forged = {
    'a symbolic link': forge((block) => block.write('2', 156)),
    'a hard link': forge((block) => block.write('1', 156)),
    'a folder': forge((block) => block.write('5', 156)),
    'a longer name': forge((block) => block.write('L', 156)),
    'a prefix': forge((block) => block.write('../..', 345)),
    'where a link leads': forge((block) => block.write('/etc/passwd', 157)),
    'a size that is none': forge((block) => block.write('-0000000005\0', 124)),
    'another mode': forge((block) => block.write('0004755\0', 100)),
  };
  const wrong = formatTarHeader(MEMBER);
  wrong.write('x', 0);

  for (const [name, block] of Object.entries(forged)) t.is(parseTarHeader(block), undefined, name);
  t.is(parseTarHeader(wrong), undefined);
  t.is(parseTarHeader(Buffer.alloc(100)), undefined);
});
