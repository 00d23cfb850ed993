/** What settings mean together, and in this folder. Every function here throws {ConfigError} `bad_setting`. */
import { resolve } from 'node:path';
import { ConfigError } from './config-error.ts';
import type { CertificateFiles } from './http/certificate.ts';
import { isLoopbackTarget, type ListenTarget } from './http/listen.ts';
import type { SettingValues } from './settings.ts';
import type { ShardMap } from './wire/shard.ts';

/** Drafts and frames are for nobody on the network to see. */
export function loopbackOf(values: SettingValues): ListenTarget {
  const target = values['debugger.listen'];
  if (isLoopbackTarget(target)) return target;
  throw new ConfigError(
    'bad_setting',
    `debugger.listen is ${target.host}, but the debugger is on loopback alone, like 127.0.0.1:8800`,
  );
}

/** A server that does not know which one it is would send its guests away, or keep those of others. */
export function clusterOf(values: SettingValues): ShardMap {
  const servers = values['cluster.servers'];
  const self = values['cluster.self'];
  if (servers.length === 0 && self === undefined) return { servers, self: 0 };
  if (self !== undefined && self < servers.length) return { servers, self };
  throw new ConfigError(
    'bad_setting',
    self === undefined
      ? 'cluster.self is missing; it says which of cluster.servers this daemon is, counted from 0'
      : `cluster.self is ${self}, but cluster.servers has ${servers.length}; the first one is 0`,
  );
}

/** Both files or none: half of it would silently mean plain HTTP. */
export function tlsFiles(dataFolder: string, values: SettingValues): CertificateFiles | undefined {
  const certificate = inFolder(dataFolder, values['gui.tls.cert']);
  const key = inFolder(dataFolder, values['gui.tls.key']);
  if (certificate !== undefined && key !== undefined) return { certificate, key };
  if (certificate === undefined && key === undefined) return undefined;
  const missing = certificate === undefined ? 'gui.tls.cert' : 'gui.tls.key';
  throw new ConfigError(
    'bad_setting',
    `${missing} is missing; HTTPS needs both gui.tls.cert and gui.tls.key`,
  );
}

/** A path of a setting; a relative one starts at the data folder. */
export function inFolder(folder: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(folder, path);
}
