/** Takes a folder and holds it until it is killed: a helper of `folder-lock.test.ts`. */
import { lockFolder } from '../../storage/folder-lock.ts';

const [, , folder = ''] = process.argv;

await lockFolder(folder);
process.stdout.write('locked\n');
process.stdin.resume();
