/**
 * Does something with a folder and is killed at its nth call that changes something on the disk.
 *
 * Arguments: n, the folder, `migrate`; or n, the folder, `restore`, the backup, its passphrase.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [, , nth = '', folder = '', task = '', file = '', passphrase = ''] = process.argv;
let left = Number(nth);

/** Counts calls, and dies before the last one. */
function counted<Call extends (...words: never[]) => unknown>(call: Call): Call {
  const counting = (...words: Parameters<Call>): unknown => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return Reflect.apply(call, undefined, words);
  };
  return counting as Call;
}

for (const name of ['rename', 'link', 'unlink', 'rmdir', 'rm', 'mkdir', 'open'] as const) {
  Object.assign(fs.promises, { [name]: counted(fs.promises[name] as () => unknown) });
}
fs.fsyncSync = counted(fs.fsyncSync);
syncBuiltinESMExports();

if (task === 'migrate') {
  const { openFormat } = await import('../../storage/migrate.ts');
  const { TEST_FORMATS } = await import('./migration.ts');
  await openFormat(folder, () => undefined, TEST_FORMATS);
} else {
  const { restoreBackup } = await import('../../daemon/restore.ts');
  await restoreBackup({ file, folder, passphrase });
}
