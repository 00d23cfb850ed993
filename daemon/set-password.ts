import { storesPart } from './config-parts.ts';
import type { Config } from './config.ts';
import { Login } from './gui-listener/login.ts';
import { openStores } from './stores/open-stores.ts';
import { systemClock, systemRandom } from './system.ts';

/**
 * Sets the password of a data folder on which no daemon runs: one that is to listen beyond loopback does not start
 * without.
 *
 * @throws {WireError} `bad_request`: too short.
 * @throws {StorageError} `folder_in_use` and what else the disk says.
 */
export async function setPassword(config: Config, password: string): Promise<void> {
  const nobody = (): void => undefined;
  const stores = await openStores({
    ...storesPart(config),
    onNotice: nobody,
    onDiskChange: nobody,
  });
  try {
    const login = new Login({
      store: stores.login,
      apiToken: stores.apiToken,
      clock: systemClock,
      random: systemRandom,
      // Nobody logs in meanwhile, so there is no last use to be noted.
      onDefect: () => undefined,
    });
    await login.setPassword(password);
  } finally {
    await stores.close();
  }
}
