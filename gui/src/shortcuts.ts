/** The keyboard: one table that binds the keys and that the help shows. */
import type { TextName } from './texts/language.ts';

export type Command =
  'jump' | 'find' | 'previous' | 'next' | 'previousUnread' | 'nextUnread' | 'read' | 'help';

export type Shortcut = Readonly<{
  /** `undefined` for keys that a component handles itself; they are here to be shown. */
  command: Command | undefined;
  /** As `KeyboardEvent.key`. */
  key: string;
  hasCtrl?: boolean;
  hasAlt?: boolean;
  hasShift?: boolean;
  /** Also works while somebody types. */
  worksInFields?: boolean;
  text: TextName;
}>;

export const SHORTCUTS: readonly Shortcut[] = [
  { command: 'jump', key: 'k', hasCtrl: true, worksInFields: true, text: 'keys.jump' },
  { command: 'find', key: 'f', hasCtrl: true, worksInFields: true, text: 'keys.find' },
  { command: 'previous', key: 'ArrowUp', hasAlt: true, worksInFields: true, text: 'keys.previous' },
  { command: 'next', key: 'ArrowDown', hasAlt: true, worksInFields: true, text: 'keys.next' },
  {
    command: 'previousUnread',
    key: 'ArrowUp',
    hasAlt: true,
    hasShift: true,
    worksInFields: true,
    text: 'keys.previousUnread',
  },
  {
    command: 'nextUnread',
    key: 'ArrowDown',
    hasAlt: true,
    hasShift: true,
    worksInFields: true,
    text: 'keys.nextUnread',
  },
  { command: 'read', key: 'Escape', worksInFields: true, text: 'keys.read' },
  { command: 'help', key: '?', text: 'keys.help' },
  { command: undefined, key: '↑ ↓', text: 'keys.arrows' },
  { command: undefined, key: 'Enter', text: 'keys.open' },
  { command: undefined, key: 'Enter', text: 'keys.send' },
  { command: undefined, key: 'Enter', hasShift: true, text: 'keys.newline' },
];

export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'> &
  Partial<Pick<KeyboardEvent, 'code'>>;

/**
 * The command that a key press stands for.
 *
 * @param isTyping The press went to a field.
 */
export function commandOf(press: KeyPress, isTyping: boolean): Command | undefined {
  return SHORTCUTS.find(
    (shortcut) =>
      isKey(shortcut, press) &&
      (shortcut.hasCtrl ?? false) === (press.ctrlKey || press.metaKey) &&
      (shortcut.hasAlt ?? false) === press.altKey &&
      // What Shift does to a character is in the character already.
      (shortcut.key === '?' || (shortcut.hasShift ?? false) === press.shiftKey) &&
      (shortcut.worksInFields === true || !isTyping),
  )?.command;
}

/** A letter with Ctrl is the key on which Latin keyboards have it, whatever this one writes with it. */
function isKey({ key, hasCtrl }: Shortcut, press: KeyPress): boolean {
  if (key.toLowerCase() === press.key.toLowerCase()) return true;
  return hasCtrl === true && press.code === `Key${key.toUpperCase()}`;
}

const KEY_NAMES: ReadonlyMap<string, string> = new Map([
  ['ArrowUp', '↑'],
  ['ArrowDown', '↓'],
  ['Escape', 'Esc'],
  ['k', 'K'],
  ['f', 'F'],
]);

/** The keys of a shortcut, as they are written on a keyboard. */
export function keyNames(shortcut: Shortcut): readonly string[] {
  return [
    ...(shortcut.hasCtrl === true ? ['Ctrl'] : []),
    ...(shortcut.hasAlt === true ? ['Alt'] : []),
    ...(shortcut.hasShift === true ? ['Shift'] : []),
    ...shortcut.key.split(' ').map((key) => KEY_NAMES.get(key) ?? key),
  ];
}
