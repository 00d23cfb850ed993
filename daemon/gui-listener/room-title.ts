/** Rooms by what they are called here: `name`, or `name@address` if another daemon hosts them. */
import type { Room } from '../domain/room-model.ts';
import type { Address } from '../wire/address.ts';
import { decodeRoomName, serverOf } from '../wire/room-names.ts';
import type { GuiDomain } from './gui-domain.ts';

/** Where a room of another daemon is. */
export type RoomPlace = Readonly<{ address: Address; name: string; invite: string; uid?: string }>;

/** @throws {DomainError} `not_found`. @throws {WireError} `bad_request`: nothing can be called so. */
export function roomCalled(title: string, domain: Pick<GuiDomain, 'rooms' | 'owner'>): Room {
  const place = placeOf(title);
  const elsewhere = place && domain.rooms.mirrored(place.address, place.name);
  return elsewhere ?? domain.rooms.require(localName(domain, title));
}

/** Where a room called `name@address` is; `undefined` for one without an address. */
export function placeOf(title: string, invite = ''): RoomPlace | undefined {
  const address = serverOf(title);
  if (address === undefined) return undefined;
  const name = decodeRoomName(title.slice(0, title.lastIndexOf('@')));
  return { address, name, invite };
}

/** What a room of ours is called here, if it is called as others call it. */
export function localName({ owner }: Pick<GuiDomain, 'owner'>, title: string): string {
  const own = owner.addresses.find((address) => title.endsWith(`@${address}`));
  const name = own === undefined ? title : title.slice(0, -own.length - 1);
  return name.normalize('NFC');
}
