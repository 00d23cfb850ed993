import type { MessageState } from '../../../daemon/wire/gui-api.ts';
import type { Protection } from '../text/trust.ts';

/** Drawings, all in the ink of the text around them. Words say what they mean; for screen readers they are not there. */
const STROKES = {
  plus: 'M12 5v14M5 12h14',
  back: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13ZM15.500 15.500 20 20',
  settings:
    'M4 7h8.500M17.500 7H20M4 12h2.500M11.500 12H20M4 17h6.500M15.500 17H20M15 9.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400ZM9 14.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400ZM13 19.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400Z',
  lock: 'M8 11V8.500a4 4 0 0 1 8 0V11M6.500 11h11v8.500h-11z',
  open: 'M8 11V8.500a4 4 0 0 1 7.800-1.300M6.500 11h11v8.500h-11z',
  unknown:
    'M9.200 9.300a2.900 2.900 0 1 1 4.300 2.500c-.9.5-1.500 1.100-1.500 2.200M12 17v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  alarm: 'M12 4 2.800 19.500h18.400zM12 10v4.500M12 17v.1',
  link: 'M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  info: 'M12 11v5.500M12 7.500v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  down: 'M12 5v13M6.500 12.500 12 18l5.500-5.500',
  muted: 'M6 15.500V11a6 6 0 0 1 9.500-4.900M18 10.500v5l1.500 2H8M10.500 20h3M4 4l16 16',
  copy: 'M9 9h10v10H9zM6 15H5V5h10v1',
  clock: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 8v4.300l2.700 2.200',
  seen: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM7.5 12.5l3.2 3.2 5.8-6.7',
  ticks: 'M2.500 12.500 7 17l9-9.500M11 16l1 1 9-9.500',
  carried: 'M2.500 12.500 7 17l9-9.500',
  failed: 'M12 7v6M12 16.500v.1M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  sending: 'M12 19V6M6.500 11.500 12 6l5.500 5.500',
  room: 'M9.500 4 7.500 20M16.500 4l-2 16M4.500 9h15.500M4 15h15.500',
  game: 'M4.500 4.500l6.500 6.500M11 4.500 4.500 11M16.500 20a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7Z',
  chat: 'M4 5.500h16v11h-9l-4.500 3.500v-3.500H4z',
} as const;

/** Drawings that are filled, with the size of the sheet that they are drawn on. */
const FILLS = {
  swallow: {
    size: 32,
    path: 'M2 9c6.500-.6 11 1.200 14 5.600C19 8.600 24 5 30 4.500c-4.200 2.600-6.700 5.800-8.300 10.100 2.300.3 4.300 1.200 6.100 2.900-3.300-.7-6.200-.5-8.800.6-1.600 4.100-4.300 7.200-8.600 9.400 2.200-3 3.200-5.900 3.200-8.800C10.800 14 7 11 2 9Z',
  },
  send: { size: 24, path: 'M4 4.500 20.500 12 4 19.500l2.300-6.300L14 12l-7.700-1.200z' },
  /** A lock with a tick cut out: closed, and looked at. */
  locked: {
    size: 24,
    path: 'M7 11V8.500a5 5 0 0 1 10 0V11h1.500v9.500h-13V11zM9 11h6V8.500a3 3 0 0 0-6 0zM8.700 15.700l2.500 2.700 4.200-4.600-1.200-1.100-3 3.300-1.300-1.400z',
  },
} as const;

export type IconName = keyof typeof STROKES | keyof typeof FILLS;

/** What the lock of each protection looks like. */
export const PROTECTION_ICONS: Readonly<Record<Protection, IconName>> = {
  verified: 'locked',
  encrypted: 'lock',
  plain: 'open',
  undecided: 'unknown',
  changed: 'alarm',
};

/** What the tick of each message state looks like. */
export const STATE_ICONS: Readonly<Record<MessageState, IconName>> = {
  queued: 'clock',
  relayed: 'carried',
  delivered: 'ticks',
  read: 'seen',
  failed: 'failed',
};

export function Icon({ name }: Readonly<{ name: IconName }>) {
  if (isFilled(name)) {
    const { size, path } = FILLS[name];
    return (
      <svg class="icon" viewBox={`0 0 ${size} ${size}`} aria-hidden="true">
        <path fill="currentColor" fill-rule="evenodd" d={path} />
      </svg>
    );
  }
  return (
    <svg class="icon icon-stroke" viewBox="0 0 24 24" aria-hidden="true">
      <path d={STROKES[name]} />
      {name === 'carried' && <circle class="icon-dot" cx="19" cy="15.500" r="2.400" />}
    </svg>
  );
}

function isFilled(name: IconName): name is keyof typeof FILLS {
  return Object.hasOwn(FILLS, name);
}
