import test from 'ava';
import { run } from '../../daemon/cli/program.ts';
import { memoryTerminal } from '../helpers/memory-terminal.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const CLUSTER = {
  VESTNIK_CLUSTER_SERVERS: 'http://a.example,http://b.example,ws://c.example:8000',
  VESTNIK_CLUSTER_SELF: '2',
};

test('the server of an id is told without a daemon', async (t) => {
  const folder = await temporaryFolder(t);
  const terminal = memoryTerminal();

  t.is(await run(['--data', folder, 'shard', 'lobby'], terminal, CLUSTER), 0);
  t.is(await run(['--data', folder, '--json', 'shard', 'CStrike'], terminal, CLUSTER), 0);

  t.is(terminal.printed[0], 'ws://c.example:8000');
  t.deepEqual(JSON.parse(terminal.printed[1] ?? ''), {
    ...{ id: 'CStrike', index: 1, server: 'http://b.example', self: false },
  });
});

test('without a cluster there is nothing to tell', async (t) => {
  const folder = await temporaryFolder(t);
  const terminal = memoryTerminal();

  t.is(await run(['--data', folder, 'shard', 'lobby'], terminal, {}), 1);
  t.is(await run(['--data', folder, 'shard', ''], terminal, CLUSTER), 2);

  t.regex(terminal.complained[0] ?? '', /cluster\.servers is not set/);
});
