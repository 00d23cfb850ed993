import { useCallback, useState } from 'preact/hooks';
import { DELETE_MAX_MESSAGES } from '../../../daemon/wire/gui-limits.ts';
import type { ApiMessage } from '../../../daemon/wire/gui-api.ts';
import type { Selection } from '../components/message-choice.tsx';

/** Messages that are chosen, in the order of the conversation; `undefined` while nobody chooses. */
export function useSelection() {
  const [chosen, setChosen] = useState<readonly ApiMessage[]>();
  const leave = useCallback(() => setChosen(undefined), []);
  const toggle = (message: ApiMessage): void =>
    setChosen((before = []) => {
      const rest = before.filter(({ s }) => s !== message.s);
      if (rest.length < before.length || rest.length >= DELETE_MAX_MESSAGES) return rest;
      return [...rest, message].sort((one, other) => one.s - other.s);
    });
  const selection: Selection | undefined = chosen && {
    places: new Set(chosen.map(({ s }) => s)),
    onToggle: toggle,
  };
  return { chosen, selection, begin: (message: ApiMessage) => setChosen([message]), leave };
}
