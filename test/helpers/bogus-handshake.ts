import { randomBytes } from 'node:crypto';

/** A handshake of the form of every other, from this address; the keys are nobody's. */
export function bogusHandshake(from: string): string {
  const random = (length: number): string => randomBytes(length).toString('base64url');
  return JSON.stringify({
    action: 'handshake',
    key: random(32),
    from,
    nick: 'x'.repeat(64),
    e2e: {
      v: 1,
      suites: ['dr1'],
      id: random(32),
      dh: random(32),
      bind: random(64),
      ek: random(32),
      rcpt: '',
      mac: random(32),
    },
  });
}

/** One of so many ports of a host that each caller fills what there is for it. */
export function someAddressOf(host: string): string {
  return `${host}:${5_000 + (randomBytes(1)[0] ?? 0)}`;
}
