import type { Presence } from '../../../daemon/wire/gui-api.ts';
import { avatarColour, avatarLetter } from '../text/avatar.ts';

type Props = Readonly<{
  name: string;
  address: string;
  size?: 'small' | 'large';
  /** Shown as a dot; say it in words nearby. */
  presence?: Presence;
}>;

export function Avatar({ name, address, size, presence }: Props) {
  const sizeClass = size === undefined ? '' : ` avatar-${size}`;
  return (
    <span class={`avatar${sizeClass} avatar-colour-${avatarColour(address)}`} aria-hidden="true">
      {avatarLetter(name)}
      {presence !== undefined && <span class={`dot dot-${presence}`} />}
    </span>
  );
}
