/** Comparing identities: what one screen shows against what was typed from the other. */
import type { ApiSafetyNumber } from '../../../daemon/wire/gui-api.ts';
import { isContactLink, parseContactLink } from '../../../daemon/wire/contact-link.ts';
import { WireError } from '../../../daemon/wire/check.ts';

/** `partial`: the digits are right as far as they go. `unknown`: nothing that can be compared. */
export type Comparison = 'empty' | 'partial' | 'same' | 'different' | 'unknown';

const CODE_PREFIX = 'vestnik-compare:';
const FINGERPRINT = /^[A-Za-z0-9_-]{43}$/;
const NUMBER_LENGTH = 60;

/**
 * What a screen shows as a QR code: our fingerprint and the one that we know of the other, so that one look compares
 * both directions.
 */
export function formatCompareCode({ own, peer }: Pick<ApiSafetyNumber, 'own' | 'peer'>): string {
  return `${CODE_PREFIX}${own}:${peer}`;
}

/**
 * Compares what the other's screen shows with what we know: the code of its QR, its contact link, its fingerprint, or
 * the digits of the safety number, however they are spaced.
 */
export function compareShown(typed: string, known: ApiSafetyNumber): Comparison {
  const text = typed.trim();
  if (text === '') return 'empty';
  if (text.toLowerCase().startsWith(CODE_PREFIX)) return compareCode(text, known);
  if (isContactLink(text)) return compareLink(text, known);
  const bare = text.replace(/[\s.-]+/g, '');
  if (/^\d+$/.test(bare)) return compareDigits(bare, known.groups.join(''));
  const fingerprint = text.replace(/\s+/g, '');
  return FINGERPRINT.test(fingerprint) ? same(fingerprint === known.peer) : 'unknown';
}

function compareCode(text: string, { own, peer }: ApiSafetyNumber): Comparison {
  const [theirs = '', ours = '', ...more] = text.slice(CODE_PREFIX.length).split(':');
  const isCode = more.length === 0 && FINGERPRINT.test(theirs) && FINGERPRINT.test(ours);
  return isCode ? same(theirs === peer && ours === own) : 'unknown';
}

function compareLink(text: string, { peer }: ApiSafetyNumber): Comparison {
  try {
    return same(parseContactLink(text).fingerprint === peer);
  } catch (error) {
    if (error instanceof WireError) return 'unknown';
    throw error;
  }
}

function compareDigits(typed: string, digits: string): Comparison {
  if (digits.length !== NUMBER_LENGTH) return 'unknown';
  if (typed === digits) return 'same';
  return digits.startsWith(typed) ? 'partial' : 'different';
}

function same(isSame: boolean): Comparison {
  return isSame ? 'same' : 'different';
}
