/** What each part of the daemon wants to know of the configuration. */
import type { DomainOptions } from './build-domain.ts';
import type { Config } from './config.ts';
import type { RelayQuota } from './domain/relay.ts';
import type { WriteRate } from './domain/write-budget.ts';
import { openLogFile } from './log-file.ts';
import type { LogOptions } from './log.ts';
import type { StoresOptions } from './stores/open-stores.ts';
import { systemClock, systemRandom } from './system.ts';

const KIB = 1024;

/** How to open the data folder; who hears of notices and of the disk is left to the caller. */
export function storesPart(config: Config): Omit<StoresOptions, 'onNotice' | 'onDiskChange'> {
  const { dataFolder, nick = '', status, gui, messages, storage } = config;
  const settings = {
    theme: gui.theme,
    language: gui.language,
    read_receipts: gui.readReceipts,
    honour_deletion: messages.honourDeletion,
    retention: messages.retention,
  };
  return {
    folder: dataFolder,
    journal: { fsync: storage.fsync, intervalMs: storage.intervalMs },
    choices: { nick, status, settings },
    clock: systemClock,
    random: systemRandom,
  };
}

/** How often signs of life are written: seldom on a router, to spare its flash. */
export function touchSavePart({ storage }: Config): number {
  return storage.profile === 'router' ? 3_600_000 : 60_000;
}

/** After how long a read mark is written: on a router together with all others of that time. */
export function readSavePart({ storage }: Config): number {
  return storage.profile === 'router' ? storage.intervalMs : 0;
}

/** How much guests may have us write for their durable topics. Source: docs/topics.md#limits. */
export function topicRatePart({ storage }: Config): WriteRate {
  return storage.profile === 'router'
    ? { bytesPerSecond: 8 * KIB, burstBytes: 512 * KIB }
    : { bytesPerSecond: 256 * KIB, burstBytes: 4096 * KIB };
}

/** Where the log goes, and how much of it. */
export function logPart({ log: { level, file } }: Config): LogOptions {
  return file === undefined ? { level } : { level, destination: openLogFile(file) };
}

export function quotaPart({ relay }: Config): RelayQuota {
  return {
    pairMaxMessages: relay.maxMessagesPerPair,
    pairMaxBytes: relay.maxBytesPerPair,
    senderMaxBytes: relay.maxBytesPerSender,
    totalMaxBytes: relay.maxBytes,
    maxAgeDays: relay.keepDays,
  };
}

/** What guests may do with rooms, when one is gone, and how long events are kept. */
export function roomsPart({ rooms }: Config): DomainOptions['rooms'] {
  const { guestsCreate, max: maxRooms, maxGuests, retention } = rooms;
  const sessionTimeoutMs = rooms.sessionTimeout * 1000;
  return { guestsCreate, maxRooms, maxGuests, sessionTimeoutMs, retention };
}
