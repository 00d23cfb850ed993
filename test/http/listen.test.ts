import test from 'ava';
import { isLoopbackTarget, parseListenTarget } from '../../daemon/http/listen.ts';

const parses = test.macro({
  exec(t, text: string, host: string, port: number, isLoopback: boolean) {
    const target = parseListenTarget(text);
    t.deepEqual(target, { host, port });
    t.is(isLoopbackTarget(target), isLoopback);
  },
  title: (_, text: string) => `${text} is a place to listen`,
});

test(parses, '127.0.0.1:4885', '127.0.0.1', 4885, true);
test(parses, '127.9.9.9:0', '127.9.9.9', 0, true);
test(parses, '[::1]:4885', '::1', 4885, true);
test(parses, 'localhost:4885', 'localhost', 4885, true);
test(parses, ' LOCALHOST:1 ', 'localhost', 1, true);
test(parses, '0.0.0.0:4885', '0.0.0.0', 4885, false);
test(parses, '[::]:4884', '::', 4884, false);
test(parses, '192.168.1.2:80', '192.168.1.2', 80, false);
test(parses, '[200:1::2]:65535', '200:1::2', 65535, false);
test(parses, 'router.lan:4885', 'router.lan', 4885, false);
test(parses, '127.0.0.1.evil.example:1', '127.0.0.1.evil.example', 1, false);

const refuses = test.macro({
  exec(t, text: string) {
    t.throws(() => parseListenTarget(text), { name: 'ListenError', message: /no place to listen/ });
  },
  title: (_, text: string) => `"${text}" is no place to listen`,
});

test(refuses, '');
test(refuses, '4885');
test(refuses, '127.0.0.1');
test(refuses, '127.0.0.1:65536');
test(refuses, '127.0.0.1:-1');
test(refuses, '::1:4885');
test(refuses, '[::1]');
test(refuses, 'http://127.0.0.1:4885');
test(refuses, 'a b:1');
