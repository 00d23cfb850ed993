import { useLocation } from 'preact-iso/router';
import type { Address } from '../../../daemon/wire/address.ts';
import type { App } from '../app-state.ts';
import { conversationPath } from '../router.ts';

/** Asks a peer to talk, found by address or contact link, and goes to the conversation, where one reads what happens next. */
export function useAddFriend({ api, attempt }: Pick<App, 'api' | 'attempt'>) {
  const { route } = useLocation();
  return (address: Address, typed: string, nick: string): void => {
    const request = nick === '' ? { address: typed } : { address: typed, nick };
    void attempt(api.addContact(request)).then((isAsked) => {
      if (isAsked) route(conversationPath(address));
    });
  };
}
