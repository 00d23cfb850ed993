import { avatarColour } from '../text/avatar.ts';

type Props = Readonly<{
  /** The same on every daemon, and so is the colour. */
  uid: string;
  size?: 'small' | 'large';
}>;

/** Stands for a room: angular, where people are round. */
export function RoomAvatar({ uid, size }: Props) {
  const sizeClass = size === undefined ? '' : ` avatar-${size}`;
  return (
    <span
      class={`avatar avatar-room${sizeClass} avatar-colour-${avatarColour(uid)}`}
      aria-hidden="true"
    >
      #
    </span>
  );
}
