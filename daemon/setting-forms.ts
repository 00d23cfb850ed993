/** The forms that a setting's value can have. Each accepts the JSON value and the same as text (environment, flags). */
import { ListenError, parseListenTarget, type ListenTarget } from './http/listen.ts';
import { tryParseAddress, type Address } from './wire/address.ts';
import { CLUSTER_MAX_SERVERS } from './wire/cluster.ts';
import { NICK_MAX_LENGTH } from './wire/gui-limits.ts';
import { parseOrigin } from './wire/shard.ts';

/** How a kind of value is written, and how it is read. */
export type Form<Value> = Readonly<{
  /** Completes the sentence "it must be …"; Markdown. */
  description: string;
  /** @returns `undefined` when the value does not have this form. */
  read(value: unknown): Value | undefined;
  /** A value is nobody's business: it is not repeated when it is wrong. */
  isSecret?: true;
  /** What is wrong with a value that can't be read, as far as it may be told. */
  problem?(value: unknown): string | undefined;
}>;

/** One of a few words. */
export function choice<const Word extends string>(...words: readonly Word[]): Form<Word> {
  return {
    description: words.map((word) => `\`${word}\``).join(' or '),
    read: (value) => words.find((word) => word === value),
  };
}

/** A whole number, both ends included. */
export function wholeNumber(min: number, max: number): Form<number> {
  return {
    description: `a whole number from ${min} to ${max}`,
    read: (value) => {
      const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
      return typeof number === 'number' && Number.isSafeInteger(number) && isWithin(number)
        ? number
        : undefined;
    },
  };

  function isWithin(number: number): boolean {
    return number >= min && number <= max;
  }
}

/** A switch. */
export const yesOrNo: Form<boolean> = {
  description: '`true` or `false`',
  read: (value) => {
    if (typeof value === 'boolean') return value;
    return value === 'true' ? true : value === 'false' ? false : undefined;
  },
};

/** What friends see as a name. */
export const nickname: Form<string> = {
  description: `text of 1 to ${NICK_MAX_LENGTH} characters`,
  read: (value) => {
    if (typeof value !== 'string') return undefined;
    const nick = value.trim();
    return nick !== '' && nick.length <= NICK_MAX_LENGTH && !/\p{Cc}/u.test(nick)
      ? nick
      : undefined;
  },
};

/** Where friends reach a daemon. */
export const peerAddress: Form<Address> = {
  description: 'an IPv4 or IPv6 address, with a port if it is not 4884, like `[fc92::7b04]:5000`',
  read: (value) => (typeof value === 'string' ? tryParseAddress(value) : undefined),
};

/** Where a listener binds. */
export const listenTarget: Form<ListenTarget> = {
  description: '`HOST:PORT`, IPv6 in brackets, like `127.0.0.1:4885`, `[::]:4884` or `myrouter:80`',
  read: (value) => (typeof value === 'string' ? tryParseListenTarget(value) : undefined),
};

/** Host names, lower case, with or without a port. */
export const hostNames: Form<readonly string[]> = {
  description: 'a list of host names (in the environment separated by commas)',
  read: (value) => {
    const names =
      typeof value === 'string' ? value.split(',').filter((name) => name !== '') : value;
    if (!Array.isArray(names)) return undefined;
    const hosts = names.map(readHostName);
    return hosts.every((host) => host !== undefined) ? hosts : undefined;
  },
};

/** The servers of a cluster, each once. */
export const clusterServers: Form<readonly string[]> = {
  description:
    'a list of 2 to 1024 different URLs of hub listeners like `http://a.example:8000` or `wss://b.example`, without a path (in the environment separated by commas)',
  read: (value) => {
    const texts = typeof value === 'string' ? value.split(',') : value;
    if (!Array.isArray(texts) || texts.length === 1 || texts.length > CLUSTER_MAX_SERVERS) {
      return undefined;
    }
    const origins = texts.map((text) => (typeof text === 'string' ? parseOrigin(text) : undefined));
    const places = new Set(origins.map((origin) => origin?.replace(/^[a-z]+:/, '')));
    return places.size === origins.length && origins.every((origin) => origin !== undefined)
      ? origins
      : undefined;
  },
};

/** A file, by its path. */
export const filePath: Form<string> = {
  description: 'the path of a file; a relative one starts at the data folder',
  read: (value) =>
    typeof value === 'string' && value.trim() !== '' && !value.includes('\0') ? value : undefined,
};

function readHostName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value.trim().toLowerCase();
  return /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\d{1,5})?$/.test(name) ? name : undefined;
}

function tryParseListenTarget(text: string): ListenTarget | undefined {
  try {
    return parseListenTarget(text);
  } catch (error) {
    if (error instanceof ListenError) return undefined;
    throw error;
  }
}

/** Patterns for names, in which `*` stands for any characters. */
export const namePatterns: Form<readonly string[]> = {
  description:
    'a list of patterns, in which `*` stands for any characters (in the environment separated by commas)',
  read: (value) => {
    const patterns =
      typeof value === 'string' ? value.split(',').filter((pattern) => pattern !== '') : value;
    if (!Array.isArray(patterns)) return undefined;
    const texts = patterns.filter((pattern) => typeof pattern === 'string' && pattern !== '');
    return texts.length === patterns.length ? texts : undefined;
  },
};
