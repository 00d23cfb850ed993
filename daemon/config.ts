/** Settings from `config.json`, the environment and the command line, as one frozen value. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Address } from './wire/address.ts';
import { parseJson, WireError } from './wire/check.ts';
import type { RetentionPeriod } from './wire/gui-api.ts';
import type { ShardMap } from './wire/shard.ts';
import { ConfigError } from './config-error.ts';
import type { CertificateFiles } from './http/certificate.ts';
import { clusterOf, inFolder, loopbackOf, tlsFiles } from './config-checks.ts';
import type { ListenTarget } from './http/listen.ts';
import type { TokenGrants } from './hub/guest-tokens.ts';
import type { Form } from './setting-forms.ts';
import {
  environmentName,
  isSettingName,
  SETTINGS,
  settingNames,
  type SettingName,
  type SettingValues,
} from './settings.ts';

/** How the daemon is to run. `docs/configuration.md` explains each setting. */
export type Config = Readonly<{
  /** Absolute path of `DATA`. */
  dataFolder: string;
  nick: string | undefined;
  status: 'online' | 'busy' | 'invisible';
  address: Address | undefined;
  peer: Readonly<{ listen: ListenTarget; get: 'ping' | 'all' }>;
  gui: Readonly<{
    listen: ListenTarget;
    hosts: readonly string[];
    /** Absolute paths; `undefined` for plain HTTP. */
    tls: CertificateFiles | undefined;
    theme: 'system' | 'light' | 'dark';
    language: 'system' | 'en' | 'ru';
    readReceipts: boolean;
  }>;
  messages: Readonly<{
    honourDeletion: boolean;
    retention: RetentionPeriod;
  }>;
  /** Without `listen` there is no hub listener. */
  hub: Readonly<{
    listen: ListenTarget | undefined;
    hosts: readonly string[];
    maxConnections: number;
    /** What guests may, by token. */
    tokens: TokenGrants;
    framesPerSecond: number;
    /** Patterns of names. */
    durableTopics: readonly string[];
  }>;
  /** Without `servers` everything is here. */
  cluster: ShardMap;
  /** `undefined` unless the variable `DEBUG` asks for it. */
  debugger: Readonly<{ listen: ListenTarget }> | undefined;
  rooms: Readonly<{
    /** In seconds. */
    sessionTimeout: number;
    guestsCreate: boolean;
    max: number;
    maxGuests: number;
    retention: RetentionPeriod;
    joinsPerSecond: number;
    messagesPerSecond: number;
  }>;
  storage: Readonly<{
    fsync: 'always' | 'interval' | 'never';
    profile: 'desktop' | 'router';
    intervalMs: number;
  }>;
  relay: Readonly<{
    maxMessagesPerPair: number;
    maxBytesPerPair: number;
    maxBytesPerSender: number;
    maxBytes: number;
    keepDays: number;
  }>;
  delivery: Readonly<{ expireDays: number }>;
  log: Readonly<{
    level: 'debug' | 'info' | 'warn' | 'error';
    /** Absolute path; `undefined` for standard error. */
    file: string | undefined;
  }>;
}>;

export type ConfigSources = Readonly<{
  dataFolder: string;
  environment: Readonly<Record<string, string | undefined>>;
  /** Settings given on the command line, by name. */
  flags: Readonly<Partial<Record<SettingName, string>>>;
}>;

/** Variables of ours that are no settings. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(['VESTNIK_DATA', 'VESTNIK_PASSPHRASE']);

/** A value somebody gave, and where, for the sentence when it is wrong. */
type Given = Readonly<{ value: unknown; source: string }>;
type GivenByName = ReadonlyMap<SettingName, Given>;

/**
 * Reads all settings; a flag beats the environment, which beats `config.json`.
 *
 * @throws {ConfigError} `unknown_setting`, `bad_setting` or `bad_config_file`.
 */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const given = new Map([
    ...(await readConfigFile(join(sources.dataFolder, 'config.json'))),
    ...readEnvironment(sources.environment),
    ...readFlags(sources.flags),
  ]);
  const isDebugging = sources.environment['DEBUG'] === 'true';
  return deepFreeze(buildConfig(sources.dataFolder, decodeSettings(given), isDebugging));
}

function buildConfig(dataFolder: string, values: SettingValues, isDebugging: boolean): Config {
  const profile = values['storage.profile'];
  return {
    dataFolder,
    nick: values.nick,
    status: values.status,
    address: values.address,
    peer: { listen: values['peer.listen'], get: values['peer.get'] },
    gui: {
      listen: values['gui.listen'],
      hosts: values['gui.hosts'],
      tls: tlsFiles(dataFolder, values),
      theme: values['gui.theme'],
      language: values['gui.language'],
      readReceipts: values['gui.readReceipts'],
    },
    messages: {
      honourDeletion: values['messages.honourDeletion'],
      retention: values['messages.retention'],
    },
    hub: {
      listen: values['hub.listen'],
      hosts: values['hub.hosts'],
      maxConnections: values['hub.maxConnections'],
      tokens: values['hub.tokens'],
      framesPerSecond: values['hub.framesPerSecond'],
      durableTopics: values['hub.durableTopics'],
    },
    cluster: clusterOf(values),
    debugger: isDebugging ? { listen: loopbackOf(values) } : undefined,
    rooms: {
      sessionTimeout: values['rooms.sessionTimeout'],
      guestsCreate: values['rooms.guestsCreate'],
      max: values['rooms.max'],
      maxGuests: values['rooms.maxGuests'],
      retention: values['rooms.retention'],
      joinsPerSecond: values['rooms.joinsPerSecond'],
      messagesPerSecond: values['rooms.messagesPerSecond'],
    },
    storage: {
      fsync: values['storage.fsync'] ?? (profile === 'router' ? 'interval' : 'always'),
      profile,
      intervalMs: values['storage.intervalMs'],
    },
    relay: {
      maxMessagesPerPair: values['relay.maxMessagesPerPair'],
      maxBytesPerPair: values['relay.maxBytesPerPair'],
      maxBytesPerSender: values['relay.maxBytesPerSender'],
      maxBytes: values['relay.maxBytes'],
      keepDays: values['relay.keepDays'],
    },
    delivery: { expireDays: values['delivery.expireDays'] },
    log: { level: values['log.level'], file: inFolder(dataFolder, values['log.file']) },
  };
}

function decodeSettings(given: GivenByName): SettingValues {
  const entries = settingNames().map((name) => [name, decodeSetting(name, given.get(name))]);
  // Object.fromEntries forgets which value belongs to which name; decodeSetting has just checked each.
  return Object.fromEntries(entries) as SettingValues;
}

function decodeSetting(name: SettingName, given: Given | undefined): unknown {
  const { form, initial } = SETTINGS[name];
  if (given === undefined) return initial === undefined ? undefined : form.read(initial);
  const value = form.read(given.value);
  if (value !== undefined) return value;
  throw new ConfigError(
    'bad_setting',
    `${name} in ${given.source} is ${form.isSecret ? 'wrong' : show(given.value)}${problemOf(form, given)}; it must be ${form.description.replaceAll('`', '')}`,
  );
}

function problemOf(form: Form<unknown>, { value }: Given): string {
  const problem = form.problem?.(value);
  return problem === undefined ? '' : ` (${problem})`;
}

async function readConfigFile(path: string): Promise<GivenByName> {
  const text = await readText(path);
  if (text === undefined) return new Map();
  const found = new Map<SettingName, Given>();
  for (const [name, value] of flatten(parseConfig(text, path))) {
    if (!isSettingName(name)) throw unknownSetting(name, path);
    found.set(name, { value, source: path });
  }
  return found;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new ConfigError('bad_config_file', `${path} can’t be read`, { cause });
  }
}

function parseConfig(text: string, path: string): object {
  try {
    const value = parseJson(text.replace(/^\uFEFF/, ''));
    if (isPlainObject(value)) return value;
  } catch (cause) {
    if (!(cause instanceof WireError)) throw cause;
    throw new ConfigError('bad_config_file', `${path}: ${cause.message}`, { cause });
  }
  throw new ConfigError('bad_config_file', `${path} must hold one JSON object`);
}

/** Names with dots for what is nested; a dotted name may also be written out as one. */
function* flatten(value: object, prefix = ''): Generator<readonly [string, unknown]> {
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    const name = prefix + key;
    if (!isSettingName(name) && isPlainObject(member)) yield* flatten(member, `${name}.`);
    else yield [name, member];
  }
}

function readEnvironment(environment: ConfigSources['environment']): GivenByName {
  const nameByVariable = new Map(settingNames().map((name) => [environmentName(name), name]));
  const found = new Map<SettingName, Given>();
  for (const [variable, value] of Object.entries(environment)) {
    // An empty variable counts as none.
    if (!variable.startsWith('VESTNIK_') || OTHER_VARIABLES.has(variable) || !value) continue;
    const name = nameByVariable.get(variable);
    if (name === undefined) throw unknownSetting(variable, 'the environment');
    found.set(name, { value, source: `the environment (${variable})` });
  }
  return found;
}

function readFlags(flags: ConfigSources['flags']): GivenByName {
  const found = new Map<SettingName, Given>();
  for (const name of settingNames()) {
    const value = flags[name];
    if (value !== undefined) found.set(name, { value, source: 'the command line' });
  }
  return found;
}

function unknownSetting(name: string, source: string): ConfigError {
  return new ConfigError(
    'unknown_setting',
    `${source} has "${name.slice(0, 80)}", which is no setting; docs/configuration.md lists them all`,
  );
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return (JSON.stringify(value) as string | undefined)?.slice(0, 80) ?? 'missing';
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value) as unknown[]) {
    if (typeof member === 'object' && member !== null) deepFreeze(member);
  }
  return Object.freeze(value);
}
