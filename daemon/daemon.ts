/** The composition root: opens what is on disk, builds the domain on it, binds the listeners; stops in reverse. */
import { fileURLToPath } from 'node:url';
import { backUpRunning } from './back-up.ts';
import { announceDaemon, withdrawDaemon } from './cli/running-daemon.ts';
import { chooseDh, CountedDh, lateDh } from './crypto/dh.ts';
import { buildDomain, type CountedKeys, type Domain } from './build-domain.ts';
import {
  logPart,
  quotaPart,
  readSavePart,
  roomsPart,
  storesPart,
  touchSavePart,
} from './config-parts.ts';
import type { Config } from './config.ts';
import { DomainEvents } from './domain/events.ts';
import { OwnIdentities } from './domain/own-identities.ts';
import type { IdentityStore } from './domain/ports.ts';
import { TopicMonitor } from './domain/topic-monitor.ts';
import { openGuiListener, type GuiListener, type GuiTls } from './gui-listener/gui-listener.ts';
import { Login } from './gui-listener/login.ts';
import type { Listener } from './http/server.ts';
import { openDebugger } from './open-debugger.ts';
import { openHub } from './open-hub.ts';
import { openLog, type Log } from './log.ts';
import { MachineAddresses } from './peer/own-addresses.ts';
import { openPeerListener } from './peer/peer-listener.ts';
import { StorageError } from '../storage/errors.ts';
import type { StorageNotice } from '../storage/notice.ts';
import type { RunningDaemon } from './running-daemon.ts';
import { noPassphrase, type AskPassphrase } from './stores/identity-file.ts';
import { openStores, type Stores } from './stores/open-stores.ts';
import { WordKeeper } from './stores/word-keeper.ts';
import { systemClock, systemRandom } from './system.ts';
import { buildTransfer } from './transfer.ts';
import { readVersion } from './version.ts';
import { parseAddress, splitAddress } from './wire/address.ts';
import type { ApiListener } from './wire/gui-api.ts';

const DEBUGGER_FOLDER = fileURLToPath(new URL('../debugger-dist', import.meta.url));
const GUI_FOLDER = fileURLToPath(new URL('../gui-dist', import.meta.url));

/** Things to end, newest first. */
type Endings = (() => unknown)[];

/**
 * Starts a daemon on a data folder.
 *
 * @param askPassphrase Where the passphrase of the folder comes from, if it has one.
 * @throws {StorageError} `folder_in_use`, `folder_unsafe`, `format_too_new` and what else the disk says.
 * @throws {ListenError} A listener can't be had. Nothing is left running.
 */
export async function startDaemon(
  config: Config,
  askPassphrase: AskPassphrase = noPassphrase,
): Promise<RunningDaemon> {
  const endings: Endings = [];
  try {
    return await startParts(config, askPassphrase, endings);
  } catch (error) {
    await endAll(endings);
    throw error;
  }
}

async function startParts(
  config: Config,
  askPassphrase: AskPassphrase,
  endings: Endings,
): Promise<RunningDaemon> {
  const log = openLog(logPart(config));
  endings.push(() => log.close());
  const onDefect = (error: unknown): void => reportDefect(log, error);
  // One forgotten promise must not cost the owner a daemon that works otherwise.
  process.on('unhandledRejection', onDefect);
  endings.push(() => process.off('unhandledRejection', onDefect));
  const events = new DomainEvents();
  const notices: StorageNotice[] = [];
  const stores = await openStores({
    ...storesPart(config),
    askPassphrase,
    onNotice: (notice) => {
      log.warn('notice', { code: notice.code, fact: notice.message });
      notices.push(notice);
    },
    onDiskChange: () => events.emit('status', undefined),
  });
  endings.push(() => stores.close());

  const { peer, gui } = config;
  const peerListener = await openPeerListener({
    target: peer.listen,
    get: peer.get,
    clock: systemClock,
    onDefect,
  });
  endings.push(() => peerListener.close());

  const listeners: ApiListener[] = [{ name: 'peer', url: peerListener.url }];
  const ownPorts = new Set([peerListener.port]);
  const own = new MachineAddresses({
    place: { given: config.address, boundHost: boundHost(peerListener), port: peerListener.port },
    ports: ownPorts,
    clock: systemClock,
  });
  const domain = buildDomain({
    stores,
    events,
    clock: systemClock,
    random: systemRandom,
    keys: openKeys(stores.identity),
    own,
    version: readVersion(),
    listeners: () => listeners,
    disk: () => stores.diskState(),
    hasRoomForOthers: () => stores.hasRoomForOthers(),
    quota: quotaPart(config),
    rooms: roomsPart(config),
    expireDays: config.delivery.expireDays,
    touchSaveMs: touchSavePart(config),
    readSaveMs: readSavePart(config),
    onForged: (contact, fact) => log.warn('forged', { contact, fact }),
    onDefect,
  });
  peerListener.serve({ ...domain, own });
  endings.push(() => stopTalking(domain));

  const login = openLogin(stores, onDefect);
  const monitor = config.debugger && new TopicMonitor(systemClock);
  const guiListener = await openGuiListener({
    target: gui.listen,
    domain: {
      ...domain,
      ...buildTransfer({
        ...{ folder: config.dataFolder, domain, own, random: systemRandom },
        messages: stores.messages,
      }),
      backUp: (passphrase) => backUpRunning(config.dataFolder, { stores, domain }, passphrase),
    },
    login,
    monitor,
    clock: systemClock,
    drafts: stores.drafts,
    filesFolder: GUI_FOLDER,
    hostNames: gui.hosts,
    tls: guiTls(config, log, () => void announce().catch(onDefect)),
    onDefect,
  });
  endings.push(() => guiListener.close());
  ownPorts.add(guiListener.port);
  listeners.push({ name: 'gui', url: guiListener.url });

  const hubListener = await openHub(config, { domain, stores, monitor, onDefect });
  if (hubListener !== undefined) {
    endings.push(() => hubListener.close());
    ownPorts.add(hubListener.port);
    listeners.push({ name: 'hub', url: hubListener.url });
  }

  const debuggerListener = await openDebugger(config, {
    ...{ login, monitor, clock: systemClock, filesFolder: DEBUGGER_FOLDER, onDefect },
  });
  if (debuggerListener !== undefined) {
    endings.push(() => debuggerListener.close());
    ownPorts.add(debuggerListener.port);
    listeners.push({ name: 'debugger', url: debuggerListener.url });
  }

  const announce = (): Promise<void> => announceGui(config, guiListener);
  await announce();
  endings.push(() => withdrawDaemon(config.dataFolder));
  domain.lanes.start();
  await domain.syncLoop.start();
  endings.push(startWordKeeper(config, stores, onDefect));
  for (const notice of notices) events.emit('notice', { at: systemClock.nowMs(), ...notice });
  log.info('the daemon is up', { version: domain.owner.version, peer: peerListener.url });
  return {
    listeners,
    loginUrl: guiListener.createLoginLink(),
    debuggerUrl: debuggerListener?.link,
    stop: () => endAll(endings),
  };
}

/** @returns What ends it. */
function startWordKeeper(
  { storage }: Config,
  { words }: Stores,
  onDefect: (error: unknown) => void,
): () => void {
  const isLazy = storage.profile === 'router';
  const keeper = new WordKeeper({ index: words, clock: systemClock, isLazy, onDefect });
  keeper.start();
  return () => keeper.stop();
}

/** The fast back end is tried against the reference before it is trusted with the first key. */
function openKeys(store: IdentityStore): CountedKeys {
  const dh = new CountedDh(lateDh(() => chooseDh(systemRandom.bytes)));
  const identities = new OwnIdentities({ store, dh, random: systemRandom, clock: systemClock });
  return { identities, dh };
}

function openLogin(stores: Stores, onDefect: (error: unknown) => void): Login {
  return new Login({
    store: stores.login,
    apiToken: stores.apiToken,
    clock: systemClock,
    random: systemRandom,
    onDefect,
  });
}

/** The owner's certificate for the GUI, if there is one; the command line is told of each that is shown. */
function guiTls({ gui }: Config, log: Log, announce: () => void): GuiTls | undefined {
  if (gui.tls === undefined) return undefined;
  return {
    files: gui.tls,
    onChange: () => {
      log.info('the certificate was renewed');
      announce();
    },
    onProblem: (error) =>
      log.warn('the renewed certificate is not used', { error: toError(error) }),
  };
}

function announceGui({ dataFolder }: Config, { url, ownCertificate }: GuiListener): Promise<void> {
  return announceDaemon(dataFolder, { gui: url, certificate: ownCertificate, pid: process.pid });
}

async function stopTalking({
  host,
  syncLoop,
  lanes,
  client,
  contacts,
  channels,
  retention,
}: Domain): Promise<void> {
  host.stop();
  await syncLoop.stop();
  lanes.stop();
  client.close();
  await channels.flush();
  await contacts.flush();
  await retention.flush();
}

/** The canonical host that a listener is bound to, whatever name it was given. */
function boundHost({ url }: Listener): string {
  const { hostname } = new URL(url);
  return splitAddress(parseAddress(hostname)).host;
}

/** A disk that refuses has a name of its own, so that it hides no defect: repeats of one event are only counted. */
function reportDefect(log: Log, error: unknown): void {
  const event = error instanceof StorageError ? 'the disk refused' : 'something broke';
  log.error(event, { error: toError(error) });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Ends all parts; one that fails keeps none of the others from ending. */
async function endAll(endings: Endings): Promise<void> {
  const failures: unknown[] = [];
  for (const end of endings.splice(0).reverse()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some parts did not end cleanly');
}
