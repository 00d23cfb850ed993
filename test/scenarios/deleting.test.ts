import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { contactPath } from '../helpers/api.ts';
import { befriend, startDaemonProcess, type DaemonProcess } from '../helpers/daemon-process.ts';
import { eventually } from '../helpers/eventually.ts';
import { runCommand } from '../helpers/run-command.ts';

async function askedOf(one: DaemonProcess, other: DaemonProcess) {
  const all = await one.api.conversations();
  return all.find(({ address }) => address === other.address)?.asked;
}

test('a message that a friend carries is deleted for both: whoever dies, it never shows', async (t) => {
  const [ann, boris, clara] = await Promise.all(
    ['Ann', 'Boris', 'Clara'].map((nick, index) =>
      startDaemonProcess(t, { nick, host: `127.0.0.${index + 2}` }),
    ),
  );
  if (ann === undefined || boris === undefined || clara === undefined) return t.fail();
  await befriend(ann, boris);
  await befriend(ann, clara);
  await befriend(clara, boris);
  await ann.api.send(boris.address, 'stays');
  await ann.api.send(boris.address, 'regretted');
  await eventually(async () => (await boris.api.texts(ann.address)).length === 2);
  await boris.stop();
  await ann.api.patch(contactPath(clara.address), { can_resend: 1 });
  const carried = await ann.api.send(boris.address, 'carried');
  await eventually(async () => {
    const { state } = await ann.api.details(boris.address, carried.id);
    return state === 'relayed';
  });
  const [, regretted] = await ann.api.messages(boris.address);
  t.is(regretted?.message, 'regretted');

  // Both are deleted from the command line, and the daemon dies at once.
  const ids = [regretted?.id ?? '', carried.id];
  const words = ['--data', ann.data, 'delete', boris.address, '--both', '--', ...ids];
  const deleted = await runCommand(words);
  await ann.kill();
  t.is(deleted.code, 0);
  await ann.start();
  t.deepEqual(await ann.api.texts(boris.address), ['stays']);
  t.like(await askedOf(ann, boris), { waiting: 2 });
  await boris.start();

  await eventually(async () => (await askedOf(ann, boris))?.waiting === 0);
  t.deepEqual(await askedOf(ann, boris), { waiting: 0, deleted: 2, kept: 0 });
  t.deepEqual(await boris.api.texts(ann.address), ['stays']);
  await boris.kill();
  await boris.start();
  t.deepEqual(await boris.api.texts(ann.address), ['stays']);
  const journal = await readFile(join(boris.data, 'history', '000001.jsonl'), 'utf8');
  t.true(journal.includes('"k":"del"'));
});
