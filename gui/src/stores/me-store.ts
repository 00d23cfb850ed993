/** The owner: name, addresses, settings. */
import { signal } from '@preact/signals';
import type { ApiMe, ApiSettings, ApiStatus } from '../../../daemon/wire/gui-api.ts';
import type { Api, MePatch } from '../api.ts';

const SETTINGS_KEY = 'vestnik.settings';

/** Until the daemon has answered. */
const DEFAULT_SETTINGS: ApiSettings = {
  theme: 'system',
  language: 'system',
  read_receipts: false,
  honour_deletion: true,
  retention: 'forever',
};

const SETTING_NAMES = [
  'theme',
  'language',
  'read_receipts',
  'honour_deletion',
  'retention',
] as const;

export type MeStore = ReturnType<typeof createMeStore>;

/** @param storage Keeps the last settings, so that the page has its look before the daemon answers. */
export function createMeStore(
  api: Pick<Api, 'me' | 'patchMe' | 'rekey'>,
  storage: Pick<Storage, 'getItem' | 'setItem'>,
) {
  const me = signal<ApiMe | undefined>(undefined);
  const settings = signal<ApiSettings>(readSettings(storage.getItem(SETTINGS_KEY)));

  function take(answer: ApiMe): void {
    me.value = answer;
    takeSettings(answer.settings);
  }

  function takeSettings(taken: ApiSettings): void {
    const known = settings.peek();
    if (SETTING_NAMES.every((name) => taken[name] === known[name])) return;
    settings.value = taken;
    storage.setItem(SETTINGS_KEY, `${taken.theme} ${taken.language}`);
  }

  async function load(): Promise<void> {
    take(await api.me());
  }

  return {
    /** `undefined` until the daemon has answered. */
    me,
    settings,
    /** Another browser may have changed something: the daemon's status tells. */
    follow: (told: Pick<ApiStatus, 'nick' | 'status' | 'settings'>): void => {
      const { nick, status, settings: changed } = told;
      takeSettings(changed);
      const known = me.peek();
      const isOld = known !== undefined && (known.nick !== nick || known.status !== status);
      if (isOld) me.value = { ...known, nick, status };
      // While contacts are told of a new identity, each step is worth a look; the next one comes anyway.
      if (known !== undefined && known.rekey !== null) void load().catch(() => undefined);
    },
    /** @throws {ApiError} */
    load,
    /**
     * Makes another identity ours.
     *
     * @throws {ApiError} `rekey_under_way`.
     */
    rekey: async (): Promise<void> => take(await api.rekey()),
    /** @throws {ApiError} */
    change: async (patch: MePatch): Promise<void> => take(await api.patchMe(patch)),
  };
}

function readSettings(kept: string | null): ApiSettings {
  const [theme, language] = (kept ?? '').split(' ');
  return {
    ...DEFAULT_SETTINGS,
    theme: theme === 'light' || theme === 'dark' ? theme : DEFAULT_SETTINGS.theme,
    language: language === 'en' || language === 'ru' ? language : DEFAULT_SETTINGS.language,
  };
}
