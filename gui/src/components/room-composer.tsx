import type { ComponentChildren } from 'preact';
import { checkRoomMessage } from '../../../daemon/wire/wechat.ts';
import { useWords } from '../texts/use-words.ts';
import { Composer, type Writing } from './composer.tsx';

type Props = Readonly<{
  name: string;
  /** The host's name while its daemon is away; `undefined`: it is there. */
  absentHost: string | undefined;
  writing: Writing;
  /** Before the field. */
  tools?: ComponentChildren;
}>;

/** Where one writes in a room. */
export function RoomComposer({ name, absentHost, writing, tools }: Props) {
  const { t } = useWords();
  return (
    <Composer
      {...{ writing, tools }}
      label={t('room.composer', { name })}
      check={checkRoomMessage}
      held={absentHost === undefined ? '' : t('room.hostAway', { name: absentHost })}
      sending={{ label: t('room.send'), lock: 'open', look: 'readable' }}
    />
  );
}
