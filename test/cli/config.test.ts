import { writeFile } from 'node:fs/promises';
import type { GuestGrant } from '../../daemon/domain/guest-grant.ts';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ConfigError } from '../../daemon/config-error.ts';
import { loadConfig, type Config } from '../../daemon/config.ts';
import { environmentName } from '../../daemon/settings.ts';
import { openOwnerStore } from '../../daemon/stores/owner-store.ts';
import { DEFAULT_SETTINGS } from '../helpers/memory-stores.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

type Given = Readonly<{
  file?: string;
  environment?: Readonly<Record<string, string>>;
  flags?: Readonly<Record<string, string>>;
}>;

async function load(
  t: ExecutionContext,
  { file, environment = {}, flags = {} }: Given,
): Promise<Config> {
  const dataFolder = await temporaryFolder(t);
  if (file !== undefined) await writeFile(join(dataFolder, 'config.json'), file);
  return loadConfig({ dataFolder, environment, flags });
}

test('without any setting the daemon listens on the default ports and syncs always', async (t) => {
  const config = await load(t, {});

  t.deepEqual(config.peer, { listen: { host: '::', port: 4884 }, get: 'ping' });
  t.deepEqual(config.gui, {
    listen: { host: '127.0.0.1', port: 4885 },
    hosts: [],
    tls: undefined,
    theme: 'system',
    language: 'system',
    readReceipts: true,
  });
  t.deepEqual(config.messages, { honourDeletion: true, retention: 'forever' });
  t.deepEqual(config.log, { level: 'info', file: undefined });
  t.is(config.storage.fsync, 'always');
  t.is(config.nick, undefined);
  t.is(config.delivery.expireDays, 30);
});

test('a flag beats the environment, which beats config.json', async (t) => {
  const config = await load(t, {
    file: '{"nick": "file", "peer": {"listen": "127.0.0.1:1"}, "log": {"level": "warn"}}',
    environment: { VESTNIK_NICK: 'environment', VESTNIK_PEER_LISTEN: '127.0.0.1:2' },
    flags: { nick: 'flag' },
  });

  t.is(config.nick, 'flag');
  t.is(config.peer.listen.port, 2);
  t.is(config.log.level, 'warn');
});

test('tokens of guests come from the file or, as JSON, from the environment', async (t) => {
  const tokens = {
    '0123456789abcdef': ['contacts'],
    fedcba9876543210: {
      rights: ['validate'],
      topics: { 'board/*': 'write', 'news/*': 'read' },
      services: ['sum'],
    },
    '0000000000000000': {},
  };

  const fromFile = await load(t, { file: JSON.stringify({ hub: { tokens } }) });
  const fromEnvironment = await load(t, {
    environment: { VESTNIK_HUB_TOKENS: JSON.stringify(tokens) },
  });

  const open = { topics: undefined, services: undefined };
  const topics = [
    ['board/*', 'write'],
    ['news/*', 'read'],
  ] as const;
  t.deepEqual(
    fromFile.hub.tokens,
    new Map<string, GuestGrant>([
      ['0123456789abcdef', { rights: ['contacts'], ...open }],
      ['fedcba9876543210', { rights: ['validate'], topics, services: ['sum'] }],
      ['0000000000000000', { rights: [], ...open }],
    ]),
  );
  t.deepEqual(fromEnvironment.hub.tokens, fromFile.hub.tokens);
});

test('a wrong token is refused by what is wrong, and not repeated', async (t) => {
  const secret = '0123456789abcdef';
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [{ [secret]: ['everything'] }, /token 1 has "everything" where it should say contacts or/],
    [{ [secret]: 'contacts' }, /token 1 is no object/],
    [{ [secret]: { topic: {} } }, /token 1 has "topic"/],
    [{ [secret]: { topics: { a: 'own' } } }, /token 1 has "own" where/],
    [{ [secret]: { services: 'sum' } }, /services of token 1 is no list/],
    [[secret], /it is no object/],
    [secret, /not JSON/],
  ];
  for (const [tokens, message] of wrong) {
    const error = await t.throwsAsync(load(t, { file: JSON.stringify({ hub: { tokens } }) }), {
      instanceOf: ConfigError,
      message,
    });
    t.regex(error.message, /^hub\.tokens in /);
    t.false(error.message.includes(secret));
  }
  await t.throwsAsync(load(t, { file: '{"hub": {"tokens": {"short": []}}}' }), {
    instanceOf: ConfigError,
  });
});

test('files are found from the data folder on', async (t) => {
  const config = await load(t, {
    file: '{"gui": {"tls": {"cert": "tls/chain.pem", "key": "/etc/key.pem"}}, "log.file": "log"}',
  });

  t.deepEqual(config.gui.tls, {
    certificate: join(config.dataFolder, 'tls/chain.pem'),
    key: '/etc/key.pem',
  });
  t.is(config.log.file, join(config.dataFolder, 'log'));
});

test('a setting in config.json may be nested or written with dots', async (t) => {
  const config = await load(t, {
    file: '\uFEFF{"relay": {"keepDays": 3}, "relay.maxBytes": 1000}',
  });

  t.is(config.relay.keepDays, 3);
  t.is(config.relay.maxBytes, 1000);
});

test('the router profile syncs at an interval unless told otherwise', async (t) => {
  const router = await load(t, { environment: { VESTNIK_STORAGE_PROFILE: 'router' } });
  const told = await load(t, {
    environment: { VESTNIK_STORAGE_PROFILE: 'router', VESTNIK_STORAGE_FSYNC: 'always' },
  });

  t.is(router.storage.fsync, 'interval');
  t.is(told.storage.fsync, 'always');
});

test('an address is kept in its canonical form', async (t) => {
  const config = await load(t, { flags: { address: '[FC92:0::7B04]:4884' } });

  t.is(String(config.address), 'fc92::7b04');
});

test('the configuration is frozen through and through', async (t) => {
  const config = await load(t, {});

  t.true(Object.isFrozen(config) && Object.isFrozen(config.peer.listen));
  t.true(Object.isFrozen(config.gui.hosts));
});

test('a list comes from the environment with commas, from config.json as a list', async (t) => {
  const environment = { VESTNIK_GUI_HOSTS: 'chat.example.org, Router.lan:8080' };

  const fromEnvironment = await load(t, { environment });
  const fromFile = await load(t, { file: '{"gui": {"hosts": ["a.example"]}}' });

  t.deepEqual(fromEnvironment.gui.hosts, ['chat.example.org', 'router.lan:8080']);
  t.deepEqual(fromFile.gui.hosts, ['a.example']);
});

test('the variable of a setting has an underscore for each dot and hump', (t) => {
  t.is(environmentName('storage.intervalMs'), 'VESTNIK_STORAGE_INTERVAL_MS');
  t.is(environmentName('nick'), 'VESTNIK_NICK');
});

test('empty variables and those that are no settings are passed by', async (t) => {
  const environment = { VESTNIK_NICK: '', VESTNIK_DATA: '/x', VESTNIK_PASSPHRASE: 'y', HOME: '/z' };

  const config = await load(t, { environment });

  t.is(config.nick, undefined);
});

test('servers of a cluster have one spelling, and this daemon knows which of them it is', async (t) => {
  const config = await load(t, {
    file: '{"cluster": {"servers": ["http://A.example:8000/", "wss://b.example:443"], "self": 1}}',
  });
  const alone = await load(t, {});

  t.deepEqual(config.cluster, { servers: ['http://a.example:8000', 'wss://b.example'], self: 1 });
  t.deepEqual(alone.cluster, { servers: [], self: 0 });
});

test('only DEBUG=true opens the debugger', async (t) => {
  const without = await load(t, { environment: { DEBUG: '*' } });
  const config = await load(t, { environment: { DEBUG: 'true' } });

  t.is(without.debugger, undefined);
  t.deepEqual(config.debugger, { listen: { host: '127.0.0.1', port: 8800 } });
});

const refuses = test.macro({
  exec: async (t, given: Given, code: ConfigError['code'], sentence: RegExp) => {
    const error = await t.throwsAsync(load(t, given), { instanceOf: ConfigError });

    t.is(error.code, code);
    t.regex(error.message, sentence);
  },
  title: (title = '') => `refuses ${title}`,
});

test(
  'an unknown setting in config.json by its full name',
  refuses,
  { file: '{"peer": {"lisen": "x"}}' },
  'unknown_setting',
  /"peer\.lisen"/,
);
test(
  'an unknown variable by its name',
  refuses,
  { environment: { VESTNIK_NIK: 'x' } },
  'unknown_setting',
  /VESTNIK_NIK/,
);
test(
  'a prototype member as a setting',
  refuses,
  { file: '{"constructor": 1}' },
  'unknown_setting',
  /"constructor"/,
);
test(
  'a value of the wrong form, saying where it stands and what it must be',
  refuses,
  { environment: { VESTNIK_DELIVERY_EXPIRE_DAYS: 'soon' } },
  'bad_setting',
  /VESTNIK_DELIVERY_EXPIRE_DAYS.*"soon".*whole number from 1 to 3650/,
);
test(
  'a section that is no object',
  refuses,
  { file: '{"peer": "127.0.0.1:1"}' },
  'unknown_setting',
  /"peer"/,
);
test(
  'a port that cannot be',
  refuses,
  { flags: { 'peer.listen': '[::]:70000' } },
  'bad_setting',
  /command line/,
);
test(
  'IPv6 without brackets where a port must follow',
  refuses,
  { flags: { 'peer.listen': '::1:80' } },
  'bad_setting',
  /in brackets/,
);
test('a nick with control characters', refuses, { flags: { nick: 'a\nb' } }, 'bad_setting', /nick/);
test('a file that is not JSON', refuses, { file: '{nick: x}' }, 'bad_config_file', /config\.json/);
test('a file with a list', refuses, { file: '[]' }, 'bad_config_file', /one JSON object/);

test('what the owner sets in the browser is what the next start finds', async (t) => {
  const folder = await temporaryFolder(t);
  const file = join(folder, 'config.json');
  await writeFile(file, '{"gui.readReceipts": true, "messages": {"retention": "1y"}}');
  const initial = { nick: '', status: 'online', settings: DEFAULT_SETTINGS } as const;
  const owner = await openOwnerStore({ folder, initial, onNotice: () => undefined });

  await owner.save({
    nick: 'Anna',
    status: 'busy',
    settings: {
      theme: 'dark',
      language: 'ru',
      read_receipts: false,
      honour_deletion: false,
      retention: '30d',
    },
  });
  await owner.close();

  const config = await loadConfig({ dataFolder: folder, environment: {}, flags: {} });
  t.is(config.nick, 'Anna');
  t.is(config.status, 'busy');
  t.like(config.gui, { theme: 'dark', language: 'ru', readReceipts: false });
  t.deepEqual(config.messages, { honourDeletion: false, retention: '30d' });
});
for (const [title, cluster, sentence] of [
  ['a cluster of one', { servers: ['http://a'], self: 0 }, /^cluster\.servers/],
  ['a server twice', { servers: ['http://a', 'ws://A'], self: 0 }, /^cluster\.servers/],
  ['a server with a path', { servers: ['http://a/chats', 'ws://b'] }, /^cluster\.servers/],
  ['a cluster without self', { servers: ['http://a', 'ws://b'] }, /^cluster\.self is missing/],
  ['a self that is no server', { servers: ['http://a', 'ws://b'], self: 2 }, /has 2; the first/],
  ['a self without servers', { self: 0 }, /^cluster\.self is 0/],
] as const) {
  test(title, refuses, { file: JSON.stringify({ cluster }) }, 'bad_setting', sentence);
}
test(
  'a message bus for the cluster, which there is not yet',
  refuses,
  { file: '{"cluster": {"nats": "nats://127.0.0.1:4222"}}' },
  'unknown_setting',
  /"cluster\.nats"/,
);
test(
  'a debugger beyond loopback',
  refuses,
  { environment: { DEBUG: 'true', VESTNIK_DEBUGGER_LISTEN: '0.0.0.0:8800' } },
  'bad_setting',
  /on loopback alone/,
);
