/** Puts the debugger's page together. */
import {
  KEPT_FRAMES,
  type DebuggerFrame,
  type ListedService,
  type ListedTopic,
  type ShownFrame,
  type WorldName,
} from '../../../daemon/wire/debugger.ts';
import { createConnection, type ConnectionState } from './connection.ts';
import { byId, draw, type Shown } from './view.ts';

const WORLD_TITLES: Readonly<Record<WorldName, string>> = { owner: 'Owner', guests: 'Guests' };
const STATES: Readonly<Record<ConnectionState, string>> = {
  connecting: 'connecting',
  connected: 'connected',
  away: 'the daemon is away; trying again',
  'locked out': 'open a fresh link: it is printed when the daemon starts, and by vestnik login',
};

const topics = new Map<string, ListedTopic>();
let services: readonly ListedService[] = [];
let frames: readonly ShownFrame[] = [];
let opened: Shown['opened'];
let world: WorldName = 'owner';
let isPaused = false;

const connection = createConnection({
  onFrame: (frame) => {
    apply(frame);
    if (!isPaused) redraw();
  },
  onState: (state) => {
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
      if (frame.topic === opened?.topic) opened = frame;
      break;
  }
}

function listWorlds(worlds: readonly WorldName[]): void {
  const options = worlds.map((name) => new Option(WORLD_TITLES[name], name, false, name === world));
  byId('world').replaceChildren(...options);
}

function redraw(): void {
  const filter = valueOf('filter').toLowerCase();
  draw({ topics, services, frames, filter, opened }, openTopic);
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

byId('filter').addEventListener('input', redraw);
byId('world').addEventListener('change', () => {
  world = valueOf('world') === 'guests' ? 'guests' : 'owner';
  opened = undefined;
  connection.send({ type: 'watch', world });
});
byId('pause').addEventListener('click', () => {
  isPaused = !isPaused;
  byId('pause').setAttribute('aria-pressed', String(isPaused));
  byId('pause').textContent = isPaused ? 'Go on' : 'Pause';
  if (!isPaused) redraw();
});
byId('close').addEventListener('click', () => {
  opened = undefined;
  connection.send({ type: 'open', topic: null });
  redraw();
});
void connection.open();
