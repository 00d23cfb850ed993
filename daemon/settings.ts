/**
 * Every setting: its name, the form of its value, what it starts with, what it means.
 *
 * The one place where a setting is added; `docs/configuration.md` shows this table, and a test compares them.
 */
import { guestTokens } from './guest-token-form.ts';
import {
  choice,
  clusterServers,
  filePath,
  hostNames,
  listenTarget,
  namePatterns,
  nickname,
  peerAddress,
  wholeNumber,
  yesOrNo,
  type Form,
} from './setting-forms.ts';

type Setting<Value, Initial> = Readonly<{
  form: Form<Value>;
  /** As it would stand in `config.json`; `undefined`: no value unless somebody gives one. */
  initial: Initial;
  meaning: string;
}>;

const MIB = 2 ** 20;
const BYTES_MAX = 2 ** 40;

export const SETTINGS = {
  nick: setting(
    nickname,
    undefined,
    'Your name as friends see it, until you choose another in the browser.',
  ),
  status: setting(
    choice('online', 'busy', 'invisible'),
    'online',
    'What contacts whose daemons encrypt are told of you; changed in the browser.',
  ),
  address: setting(
    peerAddress,
    undefined,
    'Your address as friends are told it. Without it the daemon takes its own cjdns or Yggdrasil address if it has one, else the address of the connection.',
  ),
  'peer.listen': setting(listenTarget, '[::]:4884', 'Where friends’ daemons reach this one.'),
  'peer.get': setting(
    choice('ping', 'all'),
    'ping',
    'Which actions the peer listener answers by GET. `all` is for very old daemons: it lets any link that you click act in your name.',
  ),
  'gui.listen': setting(
    listenTarget,
    '127.0.0.1:4885',
    'Where your browser and the command line reach the daemon. Anything but loopback needs a password.',
  ),
  'gui.hosts': setting(
    hostNames,
    [],
    'Further names under which your browser may open the GUI, such as the name of a reverse proxy.',
  ),
  'gui.tls.cert': setting(
    filePath,
    undefined,
    'Your own certificate, PEM, with those that vouch for it behind it. With it and `gui.tls.key` the gui listener speaks HTTPS.',
  ),
  'gui.tls.key': setting(
    filePath,
    undefined,
    'The private key of `gui.tls.cert`, PEM, without a passphrase; nobody but you may read the file.',
  ),
  'gui.theme': setting(
    choice('system', 'light', 'dark'),
    'system',
    'How the GUI looks; changed in the browser.',
  ),
  'gui.language': setting(
    choice('system', 'en', 'ru'),
    'system',
    'Which language the GUI speaks; changed in the browser.',
  ),
  'gui.readReceipts': setting(
    yesOrNo,
    true,
    'Whether contacts are told up to where you have read; changed in the browser.',
  ),
  'messages.honourDeletion': setting(
    yesOrNo,
    true,
    'Whether contacts may delete here what they wrote themselves; changed in the browser.',
  ),
  'messages.retention': setting(
    choice('forever', '1y', '90d', '30d', '7d', '1d'),
    'forever',
    'How long messages are kept here, unless a contact’s page says otherwise; changed in the browser.',
  ),
  'hub.listen': setting(
    listenTarget,
    undefined,
    'Where guests reach the rooms of this daemon; without it nobody does. `127.0.0.1:8000` is for programs of this machine.',
  ),
  'hub.hosts': setting(
    hostNames,
    [],
    'Further names under which the hub listener may be reached while it is on loopback, such as the name of a reverse proxy.',
  ),
  'hub.maxConnections': setting(
    wholeNumber(1, 100_000),
    8192,
    'Connections of guests, all together and from one address.',
  ),
  'hub.tokens': setting(
    guestTokens,
    {},
    'Tokens that guests of `/turntable` and `/chatroom` must have; without any, everybody who can reach them comes in. With `contacts` a guest sees which of your contacts are there, with `validate` it may judge what others change. What `topics` or `services` do not name is forbidden; without them all are allowed.',
  ),
  'hub.framesPerSecond': setting(
    wholeNumber(1, 1_000_000),
    500,
    'How many frames guests of one address, or with one token, may send to `/chatroom` a second; four times as many after a quiet time.',
  ),
  'hub.durableTopics': setting(
    namePatterns,
    [],
    'Which topics of guests outlive their subscribers and the daemon.',
  ),
  'cluster.servers': setting(
    clusterServers,
    [],
    'The hub listeners among which rooms and games are shared out, as guests reach them; the same list in the same order at each of them.',
  ),
  'cluster.self': setting(
    wholeNumber(0, 1023),
    undefined,
    'Which of `cluster.servers` this daemon is, counted from 0.',
  ),
  'debugger.listen': setting(
    listenTarget,
    '127.0.0.1:8800',
    'Where the debugger is when the variable `DEBUG` is `true`; on loopback alone.',
  ),
  'rooms.sessionTimeout': setting(
    wholeNumber(1, 86_400),
    120,
    'Seconds after which a guest who asks for nothing is out of the room.',
  ),
  'rooms.guestsCreate': setting(
    yesOrNo,
    true,
    'Whether a guest who joins a room that is not there makes it.',
  ),
  'rooms.max': setting(
    wholeNumber(0, 100_000),
    1000,
    'Rooms from which on guests make no further ones.',
  ),
  'rooms.maxGuests': setting(wholeNumber(1, 100_000), 2000, 'People in one room.'),
  'rooms.retention': setting(
    choice('forever', '1y', '90d', '30d', '7d', '1d'),
    'forever',
    'How long events of rooms are kept; of each room the newest 1000 stay, and what you have not read.',
  ),
  'rooms.joinsPerSecond': setting(
    wholeNumber(1, 100_000),
    10,
    'How often guests of one address may join a second; a hundred times as often after a quiet time.',
  ),
  'rooms.messagesPerSecond': setting(
    wholeNumber(1, 1_000_000),
    200,
    'How many messages guests of one address may say a second, each 4 KiB counting as one; ten times as many after a quiet time.',
  ),
  'storage.fsync': setting(
    choice('always', 'interval', 'never'),
    undefined,
    'When messages are forced onto the disk: before anybody is told that they are safe, every `storage.intervalMs`, or when the system likes. `always`, with the router profile `interval`.',
  ),
  'storage.profile': setting(
    choice('desktop', 'router'),
    'desktop',
    '`router` writes seldom, to spare flash memory; a power cut may cost the last seconds.',
  ),
  'storage.intervalMs': setting(
    wholeNumber(100, 600_000),
    5000,
    'Milliseconds between two writes when `storage.fsync` is `interval`.',
  ),
  'relay.maxMessagesPerPair': setting(
    wholeNumber(0, 1_000_000),
    500,
    'Messages that we carry from one friend to another.',
  ),
  'relay.maxBytesPerPair': setting(
    wholeNumber(0, BYTES_MAX),
    8 * MIB,
    'Bytes that we carry from one friend to another.',
  ),
  'relay.maxBytesPerSender': setting(
    wholeNumber(0, BYTES_MAX),
    64 * MIB,
    'Bytes that we carry for one friend.',
  ),
  'relay.maxBytes': setting(
    wholeNumber(0, BYTES_MAX),
    256 * MIB,
    'Bytes that we carry for all friends together.',
  ),
  'relay.keepDays': setting(
    wholeNumber(1, 365),
    14,
    'Days after which we drop a message that we carry and could not hand over.',
  ),
  'delivery.expireDays': setting(
    wholeNumber(1, 3650),
    30,
    'Days after which a message that never left this daemon is given up.',
  ),
  'log.level': setting(
    choice('debug', 'info', 'warn', 'error'),
    'info',
    'How much is logged. `debug` shows whole addresses.',
  ),
  'log.file': setting(
    filePath,
    undefined,
    'Where the log goes instead of standard error: into this file of at most 1 MiB; four older ones are kept beside it, `.1` to `.4`.',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;

/** A decoded value for each setting. */
export type SettingValues = {
  readonly [Name in SettingName]: ValueOf<(typeof SETTINGS)[Name]>;
};

type ValueOf<S> =
  S extends Setting<infer Value, infer Initial>
    ? Initial extends undefined
      ? Value | undefined
      : Value
    : never;

/** Whether there is a setting of this name. */
export function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(SETTINGS, name);
}

/** All names, in the order of the table. */
export function settingNames(): readonly SettingName[] {
  return Object.keys(SETTINGS).filter(isSettingName);
}

/** The environment variable of a setting: `a.bC` is `VESTNIK_A_B_C`. */
export function environmentName(name: SettingName): string {
  const words = name.split(/\.|(?=[A-Z])/);
  return `VESTNIK_${words.join('_').toUpperCase()}`;
}

function setting<Value, const Initial>(
  form: Form<Value>,
  initial: Initial,
  meaning: string,
): Setting<Value, Initial> {
  return { form, initial, meaning };
}
