/** The forms that an option's value can have. */
import { InvalidArgumentError } from 'commander';

/** How many messages are shown unless somebody says. */
export const READ_DEFAULT_COUNT = 20;
const READ_MAX_COUNT = 1_000_000;

/** @throws {InvalidArgumentError} */
export function parseSwitch(text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('It must be on or off.');
  return text === 'on';
}

/** @throws {InvalidArgumentError} */
export function parseCount(text: string): number {
  const number = Number(text);
  if (!/^\d{1,7}$/.test(text) || number > READ_MAX_COUNT) {
    throw new InvalidArgumentError(`It must be a whole number up to ${READ_MAX_COUNT}.`);
  }
  return number;
}
