import { drawBoard, formatGameText, parseGameText, type GameText } from '../wire/game.ts';

/** A message as people read it: what is said in a game (docs/games.md) is a sentence, anything else is what it is. */
export function inWords(message: string): string {
  const said = parseGameText(message);
  return said === undefined ? message : sentence(said);
}

function sentence({ id, action }: GameText): string {
  switch (action.type) {
    case 'invite':
      return `tic-tac-toe? To play, send: ${formatGameText({ id, action: { type: 'accept' } })}`;
    case 'accept':
      return `plays tic-tac-toe (${id})`;
    case 'decline':
      return `does not play tic-tac-toe now (${id})`;
    case 'resign':
      return `gives up (${id})`;
    case 'move':
      return `takes ${action.moves.at(-1) ?? ''} (${id})\n${drawBoard(action.moves)}`;
  }
}
