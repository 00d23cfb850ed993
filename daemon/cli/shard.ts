import { loadConfig } from '../config.ts';
import { isWellFormed } from '../wire/check.ts';
import { shardOf } from '../wire/shard.ts';
import type { CommandContext } from './command-context.ts';
import { CommandError } from './command-error.ts';
import { tell } from './tell.ts';

/**
 * `vestnik shard`: at which server of the cluster something lives, by the configuration alone.
 *
 * @throws {CommandError} `usage`: the id is no text; `refused`: no cluster is configured.
 */
export async function shard(context: CommandContext, id: string): Promise<void> {
  const { dataFolder, environment } = context;
  if (id === '' || !isWellFormed(id)) throw new CommandError('usage', 'that is no id');
  const { servers, self } = (await loadConfig({ dataFolder, environment, flags: {} })).cluster;
  if (servers.length === 0) {
    throw new CommandError('refused', 'cluster.servers is not set: everything is at this daemon');
  }
  const index = shardOf(id, servers.length);
  const server = servers[index] ?? '';
  tell(context, { id, index, server, self: index === self }, () => server);
}
