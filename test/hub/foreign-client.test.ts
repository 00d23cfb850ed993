import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { startHub } from '../helpers/hub-world.ts';

const execute = promisify(execFile);
const GUEST = 'test/hub/guest.py';

/** Whether this machine has a Python to try it with. */
async function hasPython(t: ExecutionContext): Promise<boolean> {
  try {
    await execute('python3', ['--version']);
    return true;
  } catch {
    t.log('not tried: there is no python3 here');
    return false;
  }
}

test('a client that others wrote from the source document alone works', async (t) => {
  if (!(await hasPython(t))) {
    t.pass();
    return;
  }
  const { url, hand, defects } = await startHub(t);
  const name = 'Zoë 100%';
  const words = ['hello', 'a "quoted" word', 'Привет\n👋'];

  const { stdout } = await execute('python3', [GUEST, `${url}/chats/tea%20room`, name, ...words]);

  t.deepEqual(JSON.parse(stdout), {
    joined: [name],
    taken: 409,
    directory: [name],
    heard: words.map((word, index) => [index + 2, 'MSG', name, word]),
    first: [1, 'DIR', [name]],
    left: true,
    after: [401, false],
  });
  t.like((await hand.get('/chats')).body, [{ name: 'tea room', members: 0, seqnr: 5 }]);
  t.deepEqual(defects, []);
});
