import { checkRoomMessage } from '../../../daemon/wire/wechat.ts';
import { fits } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { Composer } from './composer.tsx';

type Props = Readonly<{
  name: string;
  /** The host's name while its daemon is away; `undefined`: it is there. */
  absentHost: string | undefined;
  text: string;
  /** Our daemon is there. */
  isConnected: boolean;
  onInput: (text: string) => void;
  onSend: (text: string) => void;
}>;

/** Where one writes in a room. */
export function RoomComposer(props: Props) {
  const { name, absentHost, text, isConnected, onInput, onSend } = props;
  const { t } = useWords();
  const isTooLarge = !fits(text, checkRoomMessage);
  const note = isTooLarge
    ? t('composer.tooLarge')
    : !isConnected
      ? t('composer.away')
      : absentHost === undefined
        ? ''
        : t('room.hostAway', { name: absentHost });
  return (
    <Composer
      {...{ text, isTooLarge, note, onInput, onSend }}
      label={t('room.composer', { name })}
      sending={{ label: t('room.send'), lock: 'open', look: 'readable' }}
    />
  );
}
