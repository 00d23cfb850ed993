import test from 'ava';
import * as v from 'valibot';
import { openLog, type Log, type LogLevel } from '../../daemon/log.ts';
import { decode } from '../../daemon/wire/check.ts';

const Line = v.looseObject({ level: v.string(), event: v.string(), time: v.string() });

type Line = v.InferOutput<typeof Line>;

function openTestLog(level: LogLevel = 'info') {
  const written: string[] = [];
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const destination = { write: (line: string) => void written.push(line) };
  const log: Log = openLog({ level, destination, nowMs: () => clock.nowMs });
  const lines = (): Line[] => written.map((line) => decode(Line, line));
  return { log, lines, written, clock };
}

test('a line is JSON with time, level, event and facts', (t) => {
  const { log, lines } = openTestLog();

  log.info('contact established', { contact: 3 });

  t.deepEqual(lines(), [
    { level: 'info', time: '2026-01-01T00:00:00.000Z', event: 'contact established', contact: 3 },
  ]);
});

test('what is below the level is not written', (t) => {
  const { log, lines } = openTestLog('warn');

  log.info('quiet');
  log.debug('quieter');

  t.deepEqual(lines(), []);
});

test('a line break in a fact does not begin another line', (t) => {
  const { log, written } = openTestLog();

  log.info('odd', { path: 'a\r\n{"level":"error"}' });

  t.is(written.join('').trimEnd().split('\n').length, 1);
});

test('secrets are not written, whatever their name or place', (t) => {
  const canary = 'CanaryCanaryCanaryCanaryCanary-_0123456789a';
  const { log, written } = openTestLog('debug');

  log.info('all at once', {
    token: canary,
    accessKey: 'short',
    message: 'dear Ann',
    nick: 'Ann',
    sentence: `bearer ${canary}`,
    list: [`x ${canary}`],
    url: 'http://127.0.0.1:4885/#t=shortticket',
    path: '/api/search?q=dear+Ann',
    error: new Error(`token ${canary}`, { cause: new Error(canary) }),
  });

  const text = written.join('');
  for (const secret of [canary, 'short"', 'dear', '"Ann"', 'shortticket']) {
    t.false(text.includes(secret), secret);
  }
  t.true(text.includes('/api/search'));
});

test('addresses are shortened unless the level is debug', (t) => {
  const facts = {
    a: 'to [200:1234::9abc]:5000',
    b: 'fc92:1:2:3:4:5:6:7b04',
    c: '203.0.113.77',
    d: '127.0.0.1:4885',
    e: 'took 12:30:05',
    f: 'http://[::]:4884',
  };
  const shy = openTestLog();
  const open = openTestLog('debug');

  shy.log.info('reached', facts);
  open.log.info('reached', facts);

  t.like(shy.lines()[0], {
    a: 'to yggdrasil…9abc',
    b: 'cjdns…7b04',
    c: 'public address …3.77',
    d: '127.0.0.1:4885',
    e: 'took 12:30:05',
    f: 'http://[::]:4884',
  });
  t.like(open.lines()[0], facts);
});

test('a long string is cut', (t) => {
  const { log, lines } = openTestLog();

  log.info('long', { path: '/a'.repeat(1000) });

  t.is(String(lines()[0]?.['path']).length, 201);
});

test('an error keeps its code and its place, without the sentence twice', (t) => {
  const { log, lines } = openTestLog();
  const error = Object.assign(new Error('no room left'), { code: 'storage_full' });

  log.error('a message was not stored', { error });

  t.like(lines()[0], { error: { code: 'storage_full', sentence: 'no room left' } });
  t.false(JSON.stringify(lines()[0]?.['error']).includes('Error: no room left'));
});

test('an error that repeats is counted, and the count told after a minute', (t) => {
  const { log, lines, clock } = openTestLog();

  for (let i = 0; i < 5; i++) log.warn('peer answered nonsense', { contact: i });
  clock.nowMs += 60_000;
  log.warn('something else');

  t.deepEqual(
    lines().map(({ event, repeated }) => [event, repeated]),
    [
      ['peer answered nonsense', undefined],
      ['peer answered nonsense', 4],
      ['something else', undefined],
    ],
  );
});

test('errors with different codes are not counted together', (t) => {
  const { log, lines } = openTestLog();

  log.error('stop', { code: 'a' });
  log.error('stop', { code: 'b' });

  t.is(lines().length, 2);
});

test('closing tells what was counted', (t) => {
  const { log, lines } = openTestLog();
  log.error('stop');
  log.error('stop');

  log.close();

  t.deepEqual(
    lines().map(({ repeated }) => repeated),
    [undefined, 1],
  );
});
