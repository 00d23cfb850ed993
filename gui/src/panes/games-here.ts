import { formatGameText } from '../../../daemon/wire/game.ts';
import type { App } from '../app-state.ts';
import type { GamesHere } from '../components/game-in-log.tsx';
import type { Others } from '../text/board.ts';
import type { Words } from '../texts/words.ts';
import { createId } from '../../client/clock.ts';

type Place = Readonly<{
  /** As in the names of topics. */
  place: string;
  others: Others;
  /** Sends the words of an invitation. */
  send: (text: string) => void;
  words: Words;
}>;

/** The games of one conversation or room, and the way to begin one. */
export function gamesHere({ games, live }: App, place: Place): GamesHere {
  return {
    sightOf: (id) => games.of(place.place, id),
    follow: (id) => games.follow(place.place, id),
    isIdle: (id, ref) => games.isIdle(place.place, id, ref),
    others: place.others,
    isConnected: live.connection.value.state === 'connected',
    onWish: (id, wish) => games.wish(place.place, id, wish),
    onAgain: () => place.send(invitation(place.words)),
  };
}

/** The words that invite to a new game; below them stands what they mean, for programs that know no games. */
function invitation({ t }: Words): string {
  const id = createId().replaceAll('-', '');
  return formatGameText({ id, action: { type: 'invite' } }, t('game.comment'));
}
