/** What the browser shows outside the page: notifications, and what keeps them from working. */
import { signal } from '@preact/signals';

const WANTED_KEY = 'vestnik.notify';
/** At most one notification in this time; a flood says nothing more than its first drop. */
const NOTIFY_PAUSE_MS = 3_000;

/** What can be said honestly about notifications here. */
export type NotificationState = 'unsupported' | 'insecure' | NotificationPermission;

export type Notice = Readonly<{ title: string; body: string; tag: string; onOpen: () => void }>;

export type Notifications = ReturnType<typeof createNotifications>;

/** @param storage Where this browser keeps whether it wants notifications. */
export function createNotifications(
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  nowMs: () => number,
) {
  const state = signal<NotificationState>(readState());
  const isWanted = signal(storage.getItem(WANTED_KEY) === 'yes');
  let lastAt = 0;

  return {
    state,
    isWanted,
    /** Turns notifications on or off here; asks the browser if it has to be asked. */
    want: async (isOn: boolean): Promise<void> => {
      if (isOn && state.value === 'default') {
        await Notification.requestPermission();
        state.value = readState();
      }
      isWanted.value = isOn && state.value === 'granted';
      storage.setItem(WANTED_KEY, isWanted.value ? 'yes' : 'no');
    },
    /** Shows a notice if they are wanted and possible. */
    show: ({ title, body, tag, onOpen }: Notice): void => {
      const now = nowMs();
      if (!isWanted.value || state.value !== 'granted' || now - lastAt < NOTIFY_PAUSE_MS) return;
      lastAt = now;
      try {
        const notification = new Notification(title, { body, tag, icon: '/icon-192.png' });
        notification.onclick = () => {
          window.focus();
          onOpen();
          notification.close();
        };
      } catch {
        // Some phones allow notifications to service workers only; ours keeps to the shell.
        state.value = 'unsupported';
      }
    },
  };
}

function readState(): NotificationState {
  if (!window.isSecureContext) return 'insecure';
  if (!('Notification' in window)) return 'unsupported';
  return Notification.permission;
}
