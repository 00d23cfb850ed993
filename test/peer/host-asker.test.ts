import test from 'ava';
import { newContact } from '../../daemon/domain/new-contact.ts';
import type { Wanted } from '../../daemon/domain/room-mirrors.ts';
import { HostAsker } from '../../daemon/peer/host-asker.ts';
import { parseAddress } from '../../daemon/wire/address.ts';
import { ALL_EQUAL, type CheckAnswer, type RoomCheck } from '../../daemon/wire/room-sync.ts';
import { FakeClock, settle } from '../helpers/fake-clock.ts';

const HOST = parseAddress('fc00::2');
const CHECK: RoomCheck = {
  ...{ me: undefined, servers: undefined, sessions: undefined, ownSessions: undefined },
  ...{ rooms: undefined, claims: [], cursor: 0, repairs: new Map() },
};
const LEAVING = { kind: 'mx', uid: 'a membership' } as const;
const NOTHING: Wanted = {
  ...{ rooms: [], areServers: false, areSessions: false, areOwnSessions: false, isMore: false },
};
const none = (): undefined => undefined;

type Host = Readonly<{
  check?: Partial<RoomCheck>;
  answer?: Partial<CheckAnswer>;
  wanted?: Partial<Wanted>;
}>;

/** How often a host is asked within a minute that answers everything at once, and always the same. */
async function countChecks({ check, answer, wanted }: Host): Promise<number> {
  const clock = new FakeClock();
  let checks = 0;
  const asker = new HostAsker(HOST, {
    clock,
    random: { fraction: () => 0.5 },
    contacts: {
      get: (address) =>
        newContact({ number: 1, address, state: 'established', issuedKey: 'key', since: 0 }),
    },
    onDefect: none,
    questions: {
      check: async () => {
        checks += 1;
        if (checks % 50 === 0) await settle();
        return { is: 'answer', value: { ...ALL_EQUAL, ...answer } };
      },
      find: async () => ({ is: 'answer', value: null }),
      room: async () => undefined,
      servers: async () => undefined,
      sessions: async () => undefined,
      tellSessions: async () => undefined,
    },
    mirrors: {
      ...{
        hosts: () => new Set([HOST]),
        sought: () => [],
        request: async () => ({ ...CHECK, ...check }),
      },
      take: async () => ({ ...NOTHING, ...wanted }),
      ...{ takeSought: async () => undefined, noteNameless: none, takeRoom: async () => undefined },
      ...{ endSearch: async () => undefined, takeServers: none, ownSessions: () => [] },
      ...{ unknownSessions: () => [], takeSessions: none, noteAway: none },
    },
  });
  asker.hurry();
  await settle();
  await clock.pass(60_000);
  const stopped = asker.stop();
  await clock.pass(60_000);
  await stopped;
  return checks;
}

test('a host that can not keep what it is told is asked ever less often', async (t) => {
  const checks = await countChecks({ check: { claims: [LEAVING] } });

  t.true(checks >= 4 && checks <= 12, `${checks} checks`);
});

test('a host that shows a room and does not tell it is asked ever less often', async (t) => {
  const answer = { rooms: new Map([['room', 'hash']]) };
  const checks = await countChecks({ answer, wanted: { rooms: ['room'], isMore: true } });

  t.true(checks >= 4 && checks <= 12, `${checks} checks`);
});

test('a host that differs whatever it is told does not keep anybody busy', async (t) => {
  const checks = await countChecks({
    answer: { sessions: new Map() },
    wanted: { areOwnSessions: true },
  });

  t.true(checks <= 700, `${checks} checks`);
});

test('a long history is asked for without a pause', async (t) => {
  const checks = await countChecks({ answer: { cursor: 1 }, wanted: { isMore: true } });

  t.true(checks >= 100, `${checks} checks`);
});
