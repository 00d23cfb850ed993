import test from 'ava';
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { ApiStatus } from '../../daemon/wire/gui-api.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { AboutDaemon } from '../../gui/src/components/about-daemon.tsx';
import { Banners } from '../../gui/src/components/banners.tsx';
import { WordsContext } from '../../gui/src/texts/use-words.ts';
import { createWords } from './words.ts';
import { DEFAULT_SETTINGS } from '../helpers/memory-stores.ts';
import { NOON } from './fakes.ts';

const nothing = () => undefined;

/** What is on the screen, tags taken out. */
function read(node: VNode, language: 'en' | 'ru' = 'en'): string {
  const html = renderToString(
    <WordsContext.Provider value={createWords(language)}>{node}</WordsContext.Provider>,
  );
  return html.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}

function about(lossWindowMs: number | null): VNode {
  const status: ApiStatus = {
    version: '0.1.0',
    nick: 'Anna',
    status: 'online',
    address: parseAddress('127.0.0.2'),
    settings: DEFAULT_SETTINGS,
    listeners: [],
    addresses: [],
    outbox: 0,
    reachable: 0,
    disk: { state: 'ok', free_bytes: null, loss_window_ms: lossWindowMs },
    notices: [],
  };
  return <AboutDaemon status={status} now={NOON} />;
}

function banners(disk: ApiStatus['disk']['state']): VNode {
  return (
    <Banners
      connection={{ state: 'connected' }}
      hasLoaded
      disk={disk}
      isUpdated={false}
      notice={undefined}
      isReadable={false}
      onRetry={nothing}
      onReload={nothing}
      onNoticeSeen={nothing}
    />
  );
}

test('the owner is told plainly what a power cut may take', (t) => {
  t.notRegex(read(about(0)), /power cut/);
  t.regex(read(about(5_000)), /power cut may take .* in the last 5 seconds, also what friends/);
  t.regex(read(about(1_000)), /in the last 1 second,/);
  t.regex(read(about(null)), /leaves it to the system/);
  t.regex(read(about(5_000), 'ru'), /за последние 5 секунд,/);
  t.regex(read(about(2_000), 'ru'), /за последние 2 секунды,/);
  t.regex(read(about(600_000), 'ru'), /за последние 600 секунд,/);
});

test('a disk that takes nothing more is told on top of every page', (t) => {
  t.notRegex(read(banners('ok')), /disk/);
  t.regex(read(banners('full')), /disk of your daemon is full/);
  t.regex(read(banners('read_only')), /cannot write to its disk.*start(ed)? the daemon again/);
});
