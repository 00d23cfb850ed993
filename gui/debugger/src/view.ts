/** What the page shows: text alone, with whatever could mislead the eye made visible (G9). */
import type { ListedService, ListedTopic, ShownFrame } from '../../../daemon/wire/debugger.ts';
import { createRows } from './rows.ts';

/** Everything that is on the page. */
export type Shown = Readonly<{
  topics: ReadonlyMap<string, ListedTopic>;
  services: readonly ListedService[];
  frames: readonly ShownFrame[];
  /** Only what has this text in it, in lower case. */
  filter: string;
  opened: Readonly<{ topic: string; text: string; isCut: boolean }> | undefined;
}>;

const ARROWS = { in: '→', out: '←', left: '×' } as const;
/** Enough of a client's id to tell it from others. */
const CLIENT_LENGTH = 8;

/** @returns What shows something on the page; every 200 ms at most. */
export function createView(onOpen: (topic: string) => void): (shown: Shown) => void {
  const showTopics = createRows<ListedTopic>(byId('topics'), {
    keyOf: ({ name }) => name,
    create: (topic) => topicRow(topic, onOpen),
    update: updateTopicRow,
  });
  const showServices = createRows<ListedService>(byId('services'), {
    keyOf: ({ name, provider }) => JSON.stringify([name, provider]),
    create: ({ name, provider }) => row(cell(name), cell(provider)),
  });
  const showFrames = createRows<ShownFrame>(byId('frames'), {
    // A daemon that was started again counts from the beginning.
    keyOf: ({ number, at }) => `${number} ${at}`,
    create: frameLine,
  });
  return (shown) => {
    const topics = [...shown.topics.values()].filter(({ name, text }) =>
      matches(shown, name, text ?? ''),
    );
    byId('topic-count').textContent = `${topics.length} of ${shown.topics.size}`;
    showTopics(topics.sort((a, b) => (a.name < b.name ? -1 : 1)));
    showServices(shown.services.filter(({ name, provider }) => matches(shown, name, provider)));
    showFrames(
      shown.frames.filter(({ client, text }) => matches(shown, client, text)).toReversed(),
    );
    drawOpened(shown);
  };
}

function drawOpened({ opened, topics }: Shown): void {
  byId('opened').hidden = opened === undefined;
  if (opened === undefined) return;
  byId('opened-title').textContent = visible(opened.topic);
  const topic = topics.get(opened.topic);
  byId('opened-subscribers').textContent =
    topic === undefined ? 'The topic is gone.' : `Subscribers: ${subscribersOf(topic)}`;
  byId('opened-value').textContent = visible(opened.text) + (opened.isCut ? ' …' : '');
}

function subscribersOf({ subscribers, subscriberCount }: ListedTopic): string {
  if (subscriberCount === 0) return 'nobody';
  const more = subscriberCount - subscribers.length;
  return subscribers.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function topicRow(topic: ListedTopic, onOpen: (topic: string) => void): HTMLElement {
  const { name } = topic;
  const button = element('button', visible(name));
  button.type = 'button';
  button.className = 'name';
  button.addEventListener('click', () => onOpen(name));
  const nameCell = element('td');
  nameCell.append(button);
  const valueCell = element('td');
  valueCell.className = 'value';
  const made = row(nameCell, element('td'), valueCell, element('td'));
  updateTopicRow(made, topic);
  return made;
}

function updateTopicRow({ children }: HTMLElement, topic: ListedTopic): void {
  const { type, text, length, subscriberCount } = topic;
  const value = text === null ? '(nobody looks)' : text + (length > text.length ? ' …' : '');
  const texts = [type, visible(value), String(subscriberCount)];
  for (const [at, shown] of texts.entries()) {
    const changing = children[at + 1];
    if (changing !== undefined && changing.textContent !== shown) changing.textContent = shown;
  }
}

function frameLine({ at, client, direction, text }: ShownFrame): HTMLElement {
  const time = new Date(at).toISOString().slice(11, 23);
  const where = element('span', `${time} ${client.slice(0, CLIENT_LENGTH)} ${ARROWS[direction]} `);
  where.className = 'where';
  const line = element('li');
  line.append(where, direction === 'left' ? 'left' : visible(text));
  return line;
}

function matches({ filter }: Shown, ...texts: readonly string[]): boolean {
  return filter === '' || texts.some((text) => text.toLowerCase().includes(filter));
}

/** Characters that are not seen, or turn the others around, by their numbers. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`,
  );
}

function row(...cells: readonly HTMLElement[]): HTMLElement {
  const made = element('tr');
  made.append(...cells);
  return made;
}

function cell(text: string): HTMLElement {
  return element('td', visible(text));
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = '',
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

/** @throws {TypeError} The page is not ours. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new TypeError(`no ${id} on the page`);
  return found;
}
