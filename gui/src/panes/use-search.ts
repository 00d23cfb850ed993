import { useEffect, useMemo } from 'preact/hooks';
import type { Address } from '../../../daemon/wire/address.ts';
import type { App } from '../app-state.ts';
import { createSearchStore, type SearchStore } from '../stores/search-store.ts';

/** A search that lives as long as what shows it; in one conversation, if an address is given. */
export function useSearch({ api, clock }: App, address?: Address): SearchStore {
  const search = useMemo(
    () => createSearchStore({ search: api.search, clock, address }),
    [address],
  );
  useEffect(() => search.stop, [search]);
  return search;
}
