import { useLocation } from 'preact-iso/router';
import type { Address } from '../../../daemon/wire/address.ts';
import type { App } from '../app-state.ts';
import { conversationPath } from '../router.ts';

/** The three verbs of a contact request. */
export function useRequestVerbs({ api, attempt }: Pick<App, 'api' | 'attempt'>) {
  const { route } = useLocation();

  async function judge(address: Address, verb: 'dismiss' | 'block'): Promise<void> {
    if (await attempt(api.judgeContact(address, verb))) leave(address);
  }

  /** The page of a request that is gone has nothing to say. */
  function leave(address: Address): void {
    if (location.pathname.endsWith(encodeURIComponent(address))) route('/', true);
  }

  return {
    onAccept: (address: Address, reachedAt?: Address): void => {
      void attempt(
        api.acceptContact(address, reachedAt === undefined ? {} : { address: reachedAt }),
      ).then((isAccepted) => {
        if (isAccepted) route(conversationPath(reachedAt ?? address));
      });
    },
    onDismiss: (address: Address): void => void judge(address, 'dismiss'),
    onBlock: (address: Address): void => void judge(address, 'block'),
  };
}
