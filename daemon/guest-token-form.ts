/** How the tokens of guests, and what each of them may, are written as a setting. */
import {
  GUEST_RIGHTS,
  TOPIC_RIGHTS,
  type GuestGrant,
  type GuestRight,
  type TopicRight,
} from './domain/guest-grant.ts';
import type { Form } from './setting-forms.ts';
import { parseJson, WireError } from './wire/check.ts';

const TOKEN_MIN_LENGTH = 16;
const TOKEN_MAX_LENGTH = 256;
const MEMBERS = ['rights', 'topics', 'services'] as const;
type GrantMembers = Partial<Record<(typeof MEMBERS)[number], unknown>>;

/** What is wrong with a token or its grant, without telling the token. */
class GrantProblem extends Error {}

/** Tokens of guests, with what each of them may. */
export const guestTokens: Form<ReadonlyMap<string, GuestGrant>> = {
  description: `an object with tokens of ${TOKEN_MIN_LENGTH} to ${TOKEN_MAX_LENGTH} characters and what each may: a list of rights, or \`{"rights": […], "topics": {"PATTERN": "read" or "write"}, "services": ["PATTERN"]}\` (in the environment as JSON); rights are ${GUEST_RIGHTS.map((right) => `\`${right}\``).join(' and ')}`,
  isSecret: true,
  read: (value) => {
    try {
      return readTokens(value);
    } catch (error) {
      if (error instanceof GrantProblem || error instanceof WireError) return undefined;
      throw error;
    }
  },
  problem: (value) => {
    try {
      readTokens(value);
    } catch (error) {
      if (error instanceof GrantProblem || error instanceof WireError) return error.message;
      throw error;
    }
    return undefined;
  },
};

function readTokens(value: unknown): ReadonlyMap<string, GuestGrant> {
  const entries = entriesOf(typeof value === 'string' ? parseJson(value) : value, 'it');
  return new Map(
    entries.map(([token, grant], at) => [
      readToken(token, at),
      readGrant(grant, `token ${at + 1}`),
    ]),
  );
}

function readToken(token: string, at: number): string {
  if (token.length >= TOKEN_MIN_LENGTH && token.length <= TOKEN_MAX_LENGTH) return token;
  throw new GrantProblem(`token ${at + 1} has ${token.length} characters`);
}

function readGrant(value: unknown, whose: string): GuestGrant {
  if (Array.isArray(value)) {
    return { rights: readRights(value, whose), topics: undefined, services: undefined };
  }
  const entries = entriesOf(value, whose);
  const unknown = entries.find(([name]) => !MEMBERS.some((member) => member === name));
  if (unknown !== undefined) throw new GrantProblem(`${whose} has "${unknown[0].slice(0, 80)}"`);
  const { rights = [], topics, services }: GrantMembers = Object.fromEntries(entries);
  return {
    rights: readRights(rights, whose),
    topics: topics === undefined ? undefined : readTopics(topics, whose),
    services: services === undefined ? undefined : readPatterns(services, whose),
  };
}

function readRights(value: unknown, whose: string): readonly GuestRight[] {
  return listOf(value, `rights of ${whose}`).map((word) => wordOf(word, GUEST_RIGHTS, whose));
}

function readTopics(
  value: unknown,
  whose: string,
): readonly (readonly [pattern: string, right: TopicRight])[] {
  return entriesOf(value, `topics of ${whose}`).map(([pattern, right]) => [
    pattern,
    wordOf(right, TOPIC_RIGHTS, whose),
  ]);
}

function readPatterns(value: unknown, whose: string): readonly string[] {
  return listOf(value, `services of ${whose}`).map((pattern) => {
    if (typeof pattern === 'string') return pattern;
    throw new GrantProblem(`a service of ${whose} is no text`);
  });
}

function wordOf<const Word extends string>(
  value: unknown,
  words: readonly Word[],
  whose: string,
): Word {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  const given = typeof value === 'string' ? `"${value.slice(0, 80)}"` : 'something';
  throw new GrantProblem(`${whose} has ${given} where it should say ${words.join(' or ')}`);
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new GrantProblem(`${what} is no list`);
}

function entriesOf(value: unknown, what: string): readonly (readonly [string, unknown])[] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value);
  }
  throw new GrantProblem(`${what} is no object`);
}
