import { randomBytes } from 'node:crypto';
import type { WechatEvent } from '../wire/wechat.ts';
import { CommandError } from './command-error.ts';
import { count, oneLine, printable } from './format.ts';
import type { CommandContext } from './command-context.ts';
import type { Dialog } from './line-dialog.ts';
import { listRooms } from './wechat-answers.ts';
import { WechatRoom, type RoomNews } from './wechat-room.ts';
import { parseWechatUrl } from './wechat-url.ts';

export type WechatOptions = Readonly<{ invite?: string }>;

const ID_BYTES = 16;
/** How long leaving may take when the daemon does not answer. */
const LEAVE_TIMEOUT_MS = 2000;
const HELP = [
  '/who          who is in the room',
  '/room NAME    talk in another room from now on',
  '/leave        leave the room; so does Ctrl+C',
  '//text        say something that begins with /',
];
/** Of 256, readable on dark and on light ground. */
const NAME_COLORS = [31, 32, 33, 34, 35, 36, 91, 92, 94, 95, 96];

/** `vestnik wechat NAME URL`: chats in the terminal, over plain HTTP, with any daemon that speaks the protocol. */
export async function wechat(
  context: CommandContext,
  { name, url, invite }: WechatOptions & Readonly<{ name: string; url: string }>,
  stop: AbortSignal,
): Promise<void> {
  const { origin, channel, seqnr } = parseWechatUrl(url);
  const channels = channel === undefined ? await listedRooms(origin, stop) : [channel];
  const over = new AbortController();
  const signal = AbortSignal.any([stop, over.signal]);
  const rooms = channels.map(
    (one) => new WechatRoom({ origin, channel: one, name, seqnr, invite, signal }),
  );
  const dialog = context.terminal.openDialog();
  stop.addEventListener('abort', () => dialog.close(), { once: true });
  const chat = new Chat(context, dialog, rooms);
  try {
    await chat.run(over);
  } catch (error) {
    // Whoever stops it need not hear what was interrupted.
    if (!stop.aborted) throw error;
  } finally {
    over.abort();
    dialog.close();
  }
}

async function listedRooms(origin: string, signal: AbortSignal): Promise<readonly string[]> {
  const listed = await listRooms(origin, signal).catch((cause: unknown) => {
    if (cause instanceof CommandError) throw cause;
    throw new CommandError('refused', `nobody answers at ${origin}`, { cause });
  });
  if (listed.length > 0) return listed;
  throw new CommandError('refused', 'no rooms are listed there; name one: HOST/chats/ROOM');
}

/** One person in one room or several. */
class Chat {
  readonly #context: CommandContext;
  readonly #dialog: Dialog;
  readonly #rooms: Map<string, WechatRoom>;
  readonly #users = new Map<string, readonly string[]>();
  readonly #isOneRoom: boolean;
  #current: WechatRoom | undefined;

  constructor(context: CommandContext, dialog: Dialog, rooms: readonly WechatRoom[]) {
    this.#context = context;
    this.#dialog = dialog;
    this.#rooms = new Map(rooms.map((room) => [room.channel, room]));
    this.#isOneRoom = rooms.length === 1;
    this.#current = rooms[0];
  }

  /** Ends when there is nothing more to type, or no room left to be in. @throws {CommandError} */
  async run(over: AbortController): Promise<void> {
    const rooms = [...this.#rooms.values()];
    const following = Promise.all(rooms.map((room) => this.#follow(room)));
    await Promise.race([following, Promise.all(rooms.map(({ arrival }) => arrival))]);
    const typing = this.#takeLines();
    // When a room refuses, nobody waits for this any more.
    typing.catch(() => undefined);
    // A room that refuses ends it all, though nobody types.
    await Promise.race([typing, following.then(() => typing)]);
    const patience = AbortSignal.timeout(LEAVE_TIMEOUT_MS);
    await Promise.allSettled(rooms.map((room) => room.leave(patience)));
    over.abort();
    await following;
  }

  async #follow(room: WechatRoom): Promise<void> {
    try {
      for await (const news of room.follow()) this.#tell(room, news);
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError('refused', 'nobody answers there', { cause: error });
    }
  }

  async #takeLines(): Promise<void> {
    for await (const line of this.#dialog.lines()) {
      await this.#take(line);
      if (this.#rooms.size === 0) return;
    }
  }

  async #take(line: string): Promise<void> {
    const [, command, rest = ''] = /^\/(\w+)\s*(.*)$/.exec(line) ?? [];
    try {
      if (command === undefined) await this.#say(line.replace(/^\/\//, '/'));
      else await this.#obey(command, rest);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      this.#notice(error.message);
    }
  }

  async #say(text: string): Promise<void> {
    if (text.trim() === '') return;
    await this.#current?.say(text, randomBytes(ID_BYTES).toString('base64url'));
  }

  async #obey(command: string, rest: string): Promise<void> {
    switch (command) {
      case 'who':
        return this.#showUsers();
      case 'room':
        this.#goTo(rest);
        return;
      case 'leave':
        return this.#leave();
      case 'help':
        for (const line of HELP) this.#notice(line);
        return;
      default:
        this.#notice(`there is no command /${oneLine(command)}; /help lists them`);
    }
  }

  async #showUsers(): Promise<void> {
    const users = (await this.#current?.users()) ?? [];
    this.#notice(`${count(users.length, 'person', 'people')}: ${users.map(oneLine).join(', ')}`);
  }

  #goTo(name: string): void {
    const room = this.#rooms.get(name);
    if (room === undefined) {
      this.#notice(`you are in ${[...this.#rooms.keys()].map(oneLine).join(', ')}`);
      return;
    }
    this.#current = room;
    this.#notice(`you talk in ${oneLine(name)} now`);
  }

  async #leave(): Promise<void> {
    const room = this.#current;
    if (room === undefined) return;
    this.#rooms.delete(room.channel);
    await room.leave(AbortSignal.timeout(LEAVE_TIMEOUT_MS));
    [this.#current] = this.#rooms.values();
    if (this.#current !== undefined) this.#goTo(this.#current.channel);
  }

  #tell(room: WechatRoom, news: RoomNews): void {
    switch (news.kind) {
      case 'joined':
        this.#users.set(room.channel, news.users);
        this.#notice(news.isAgain ? 'back in the room' : describeRoom(room, news.users));
        return;
      case 'lost':
        this.#notice(`the daemon does not answer; trying again`);
        return;
      case 'event':
        this.#tellEvent(room, news.event);
    }
  }

  #tellEvent({ channel }: WechatRoom, event: WechatEvent): void {
    if (this.#context.isJson) {
      this.#dialog.show(JSON.stringify({ room: channel, ...event }));
    } else if (event.type === 'MSG') {
      const text = printable(event.body).replaceAll('\n', '\n    ');
      this.#show(channel, `${this.#paint(oneLine(event.source))}: ${text}`);
    } else {
      const change = describeChange(this.#users.get(channel) ?? [], event.body);
      this.#users.set(channel, event.body);
      if (change !== '') this.#show(channel, this.#dim(change));
    }
  }

  #show(channel: string, line: string): void {
    this.#dialog.show(this.#isOneRoom ? line : `[${oneLine(channel)}] ${line}`);
  }

  /** What is not said in the room; programs need none of it. */
  #notice(text: string): void {
    if (this.#context.isJson) this.#context.terminal.complain(text);
    else this.#dialog.show(this.#dim(`* ${text}`));
  }

  #dim(text: string): string {
    return this.#dialog.isColored ? `\u001b[2m${text}\u001b[0m` : text;
  }

  /** Each name has its own colour. */
  #paint(name: string): string {
    if (!this.#dialog.isColored) return name;
    const sum = Array.from(name).reduce((total, one) => total + (one.codePointAt(0) ?? 0), 0);
    return `\u001b[${NAME_COLORS[sum % NAME_COLORS.length]}m${name}\u001b[0m`;
  }
}

function describeRoom({ channel, name }: WechatRoom, users: readonly string[]): string {
  const others = users.filter((user) => user !== name).map(oneLine);
  const company = others.length === 0 ? 'nobody else is here' : `with ${others.join(', ')}`;
  return `you are in ${oneLine(channel)}, ${company}; /help says what you can do`;
}

/** Who came and who went, in words; `''` for nobody. */
function describeChange(before: readonly string[], after: readonly string[]): string {
  const came = after.filter((user) => !before.includes(user)).map(oneLine);
  const left = before.filter((user) => !after.includes(user)).map(oneLine);
  return [
    ...(came.length === 0 ? [] : [`* ${came.join(', ')} came`]),
    ...(left.length === 0 ? [] : [`* ${left.join(', ')} left`]),
  ].join('; ');
}
