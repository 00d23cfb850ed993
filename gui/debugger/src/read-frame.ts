/** What the debugger sends, checked: `undefined` for anything else. */
import type {
  DebuggerFrame,
  ListedService,
  ListedTopic,
  ShownFrame,
  WorldName,
} from '../../../daemon/wire/debugger.ts';

export function readDebuggerFrame(text: string): DebuggerFrame | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isObject(value) && isFrame(value) ? value : undefined;
}

function isFrame(value: Fields): value is Fields & DebuggerFrame {
  switch (value['type']) {
    case 'worlds':
      return isListOf(value['worlds'], isWorld);
    case 'state':
      return (
        isWorld(value['world']) &&
        typeof value['isWhole'] === 'boolean' &&
        isListOf(value['topics'], isTopic) &&
        isListOf(value['gone'], isText) &&
        isListOf(value['services'], isService)
      );
    case 'frames':
      return isWorld(value['world']) && isListOf(value['frames'], isShown);
    case 'value':
      return isText(value['topic']) && isText(value['text']) && typeof value['isCut'] === 'boolean';
    default:
      return false;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isWorld(value: unknown): value is WorldName {
  return value === 'owner' || value === 'guests';
}

function isListOf<Item>(value: unknown, is: (one: unknown) => one is Item): value is Item[] {
  return Array.isArray(value) && value.every(is);
}

function isTopic(value: unknown): value is ListedTopic {
  return (
    isObject(value) &&
    isText(value['name']) &&
    isText(value['type']) &&
    (value['text'] === null || isText(value['text'])) &&
    typeof value['length'] === 'number' &&
    isListOf(value['subscribers'], isText) &&
    typeof value['subscriberCount'] === 'number'
  );
}

function isService(value: unknown): value is ListedService {
  return isObject(value) && isText(value['name']) && isText(value['provider']);
}

function isShown(value: unknown): value is ShownFrame {
  return (
    isObject(value) &&
    typeof value['number'] === 'number' &&
    typeof value['at'] === 'number' &&
    isText(value['client']) &&
    isText(value['direction']) &&
    isText(value['text'])
  );
}
