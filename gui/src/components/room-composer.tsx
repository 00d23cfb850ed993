import type { ComponentChildren } from 'preact';
import { checkRoomMessage } from '../../../daemon/wire/wechat.ts';
import type { Typing } from '../../client/sequence-topic.ts';
import { fits } from '../text/message.ts';
import { useWords } from '../texts/use-words.ts';
import { Composer } from './composer.tsx';
import type { FollowEdits } from './use-shared-field.ts';

type Props = Readonly<{
  name: string;
  /** The host's name while its daemon is away; `undefined`: it is there. */
  absentHost: string | undefined;
  text: string;
  /** Another browser of the owner's is just writing here, and the text changes with it. */
  isTypedElsewhere: boolean;
  /** Our daemon is there. */
  isConnected: boolean;
  followEdits: FollowEdits;
  /** Before the field. */
  tools?: ComponentChildren;
  onInput: (text: string, typing: Typing) => void;
  onSend: (text: string) => void;
}>;

/** Where one writes in a room. */
export function RoomComposer(props: Props) {
  const { name, text, tools, followEdits, onInput, onSend } = props;
  const { t } = useWords();
  const isTooLarge = !fits(text, checkRoomMessage);
  const note = isTooLarge ? t('composer.tooLarge') : noteFor(props, t);
  return (
    <Composer
      {...{ text, isTooLarge, note, tools, followEdits, onInput, onSend }}
      label={t('room.composer', { name })}
      sending={{ label: t('room.send'), lock: 'open', look: 'readable' }}
    />
  );
}

/** What keeps the message from being said now, the nearest thing first; else who else is writing it. */
function noteFor(
  { absentHost, isConnected, isTypedElsewhere }: Props,
  t: ReturnType<typeof useWords>['t'],
): string {
  if (!isConnected) return t('composer.away');
  if (absentHost !== undefined) return t('room.hostAway', { name: absentHost });
  return isTypedElsewhere ? t('composer.elsewhere') : '';
}
