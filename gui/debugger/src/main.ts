/** Puts the debugger's page together. */
import {
  KEPT_FRAMES,
  type DebuggerFrame,
  type ListedService,
  type ListedTopic,
  type ShownFrame,
  type WorldName,
} from '../../../daemon/wire/debugger.ts';
import type { ConnectionState } from '../../client/line.ts';
import { openConnection } from './connection.ts';
import { byId, createView, type Shown } from './view.ts';

const WORLD_TITLES: Readonly<Record<WorldName, string>> = { owner: 'Owner', guests: 'Guests' };
const STATES: Readonly<Record<ConnectionState['state'], string>> = {
  connecting: 'connecting',
  connected: 'connected',
  reconnecting: 'the daemon is away; trying again',
  stopped: 'the daemon is away; trying again',
  refused: 'open a fresh link: it is printed when the daemon starts, and by vestnik login',
  closed: 'closed',
};

const topics = new Map<string, ListedTopic>();
let services: readonly ListedService[] = [];
let frames: readonly ShownFrame[] = [];
let opened: Shown['opened'];
let world: WorldName = 'owner';
/** Everything as it was when the page was told to stand still. */
let still: Omit<Shown, 'filter' | 'opened'> | undefined;

const show = createView(openTopic);
const connection = openConnection({
  onFrame: (frame) => {
    apply(frame);
    if (still === undefined) redraw();
  },
  onState: ({ state }) => {
    byId('connection').textContent = STATES[state];
  },
});

function apply(frame: DebuggerFrame): void {
  switch (frame.type) {
    case 'worlds':
      listWorlds(frame.worlds);
      // The daemon begins with the owner's.
      if (world !== 'owner') connection.send({ type: 'watch', world });
      if (opened !== undefined) connection.send({ type: 'open', topic: opened.topic });
      break;
    case 'state':
      if (frame.isWhole) topics.clear();
      if (frame.isWhole) frames = [];
      for (const topic of frame.topics) topics.set(topic.name, topic);
      for (const name of frame.gone) topics.delete(name);
      services = frame.services;
      break;
    case 'frames':
      frames = [...frames, ...frame.frames].slice(-KEPT_FRAMES);
      break;
    case 'value':
      hearValue(frame);
      break;
  }
}

/** Of a topic that is opened while the page stands still the first value is shown, and no other. */
function hearValue(value: Extract<DebuggerFrame, { type: 'value' }>): void {
  if (value.topic !== opened?.topic || (still !== undefined && opened.text !== '')) return;
  opened = value;
  if (still !== undefined) redraw();
}

function listWorlds(worlds: readonly WorldName[]): void {
  const options = worlds.map((name) => new Option(WORLD_TITLES[name], name, false, name === world));
  byId('world').replaceChildren(...options);
}

function redraw(): void {
  const filter = valueOf('filter').toLowerCase();
  show({ ...(still ?? { topics, services, frames }), filter, opened });
}

function openTopic(topic: string): void {
  opened = { topic, text: '', isCut: false };
  connection.send({ type: 'open', topic });
  redraw();
}

function valueOf(id: string): string {
  const field = byId(id);
  return field instanceof HTMLInputElement || field instanceof HTMLSelectElement ? field.value : '';
}

function pause(isPaused: boolean): void {
  still = isPaused ? { topics: new Map(topics), services, frames } : undefined;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  byId('pause').textContent = isPaused ? 'Go on' : 'Pause';
  if (isPaused) return;
  // What came to an opened topic meanwhile was not kept.
  if (opened !== undefined) connection.send({ type: 'open', topic: opened.topic });
  redraw();
}

byId('filter').addEventListener('input', redraw);
byId('world').addEventListener('change', () => {
  world = valueOf('world') === 'guests' ? 'guests' : 'owner';
  opened = undefined;
  pause(false);
  connection.send({ type: 'watch', world });
});
byId('pause').addEventListener('click', () => pause(still === undefined));
byId('close').addEventListener('click', () => {
  opened = undefined;
  connection.send({ type: 'open', topic: null });
  redraw();
});
