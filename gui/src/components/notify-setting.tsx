import type { NotificationState } from '../notifications.ts';
import { useWords } from '../texts/use-words.ts';
import { Switch } from './switch.tsx';

type Props = Readonly<{
  state: NotificationState;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}>;

/** Notifications of this browser, or the reason why there are none. */
export function NotifySetting({ state, isOn, onChange }: Props) {
  const { t } = useWords();
  return (
    <Switch
      label={t('settings.notify')}
      hint={t(`settings.notifyState.${state}`)}
      isOn={isOn}
      isDisabled={state !== 'default' && state !== 'granted'}
      onChange={onChange}
    />
  );
}
