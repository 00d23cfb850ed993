import { PassThrough } from 'node:stream';
import test from 'ava';
import { processTerminal, type Streams, type Terminal } from '../../daemon/cli/terminal.ts';

/** A terminal at whose keyboard this is typed, line by line. */
function typing(
  ...lines: readonly string[]
): Readonly<{ terminal: Terminal; shown: () => string }> {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  for (const line of lines) stdin.write(`${line}\n`);
  if (lines.length === 0) stdin.end();
  const streams: unknown = { stdin, stdout, stderr };
  return {
    terminal: processTerminal(streams as Streams),
    shown: () => String(stderr.read()),
  };
}

test('only a clear yes is a yes', async (t) => {
  for (const [line, isYes] of [
    ['y', true],
    [' YES ', true],
    ['', false],
    ['n', false],
    ['yesterday', false],
  ] as const) {
    const { terminal, shown } = typing(line);

    t.is(await terminal.askYes('Is it the same?'), isYes, line);
    t.is(shown(), 'Is it the same? [y/N] ');
  }
});

test('where nothing more can be typed, nothing is agreed to', async (t) => {
  t.false(await typing().terminal.askYes('Go on?'));
});
