/** Commands for rooms: of this daemon, and of any other by plain HTTP. */
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { ContextOf } from './command-context.ts';
import { parseCount, parseSwitch, READ_DEFAULT_COUNT } from './option-forms.ts';
import type { ReadOptions } from './read.ts';
import type { ChangeRoomOptions, CreateRoomOptions } from './rooms.ts';
import { stopSignal } from './stop-signal.ts';

const ROOM_HELP = 'the room’s name, or name@address of another daemon’s';
const BRIDGE_NAME = 'bridge';
const DEFAULT_PLACE = '127.0.0.1';

type InviteOptions = Readonly<{ new?: boolean }>;
type WechatFlags = Readonly<{ bridge?: boolean; name?: string; invite?: string }>;

/** Adds them. */
export function addRoomCommands(program: Command, contextOf: ContextOf): void {
  program.commandsGroup('Rooms:');
  addRooms(program, contextOf);
  program
    .command('wechat')
    .description('chat in rooms of any daemon by plain HTTP; with -b carry between two rooms')
    .argument('[name]', 'what you are called there; with -b the first room')
    .argument('[url]', 'HOST[:PORT]/chats/ROOM[/NUMBER], or a bare host for all rooms')
    .option('-b, --bridge', 'what is said in one room appears in the other')
    .option('--name <name>', 'what the bridge is called (default: bridge)')
    .option('--invite <invite>', 'opens a private room')
    .action(async (first: string | undefined, second: string | undefined, flags: WechatFlags) =>
      runWechat(contextOf, [first, second], flags),
    );
  program
    .command('shard')
    .description('say at which server of your cluster a game, a room or somebody is')
    .argument('<id>', 'the name of a game or room, or an id like 1:12345')
    .action(async (id: string) => (await import('./shard.ts')).shard(contextOf(), id));
}

async function runWechat(
  contextOf: ContextOf,
  [first, second]: readonly [string | undefined, string | undefined],
  { bridge, name = BRIDGE_NAME, invite }: WechatFlags,
): Promise<void> {
  const stop = stopSignal();
  const invited = invite === undefined ? {} : { invite };
  if (bridge === true) {
    const { wechatBridge } = await import('./wechat-bridge.ts');
    const urls = [first ?? DEFAULT_PLACE, second ?? DEFAULT_PLACE] as const;
    await wechatBridge(contextOf(), urls, { name, ...invited }, stop);
    return;
  }
  const { wechat } = await import('./wechat.ts');
  const person = { name: first ?? userInfo().username, url: second ?? DEFAULT_PLACE };
  await wechat(contextOf(), { ...person, ...invited }, stop);
}

function addRooms(program: Command, contextOf: ContextOf): void {
  const load = () => import('./rooms.ts');
  const rooms = program
    .command('rooms')
    .description('list the rooms of your daemon; rooms --help says what can be done with them')
    .action(async () => (await load()).listRooms(contextOf()));
  rooms
    .command('create')
    .description('make a room and go into it')
    .argument('<name>', 'what it is called')
    .option('--private', 'nobody comes in without its invite')
    .option('--topic <topic>', 'what it is about')
    .action(async (name: string, options: CreateRoomOptions) =>
      (await load()).createRoom(contextOf(), name, options),
    );
  rooms
    .command('join')
    .description('go into a room')
    .argument('<room>', `${ROOM_HELP}, or a room link`)
    .option('--invite <invite>', 'opens a private room of another daemon')
    .action(async (room: string, options: Readonly<{ invite?: string }>) =>
      (await load()).joinRoom(contextOf(), room, options),
    );
  rooms
    .command('leave')
    .description('leave a room, which stays')
    .argument('<room>', ROOM_HELP)
    .action(async (room: string) => (await load()).leaveRoom(contextOf(), room));
  rooms
    .command('forget')
    .description('take a room that you have left off the list, and delete all that was said there')
    .argument('<room>', ROOM_HELP)
    .action(async (room: string) => (await load()).forgetRoom(contextOf(), room));
  addTalk(rooms, contextOf);
  addOwnersControls(rooms, contextOf);
}

function addTalk(rooms: Command, contextOf: ContextOf): void {
  const load = () => import('./rooms.ts');
  rooms
    .command('say')
    .description('say something in a room')
    .argument('<room>', ROOM_HELP)
    .argument('<text...>', 'what to say; - takes it from standard input')
    .option('--id <id>', 'a name for this message, so that a repeated command says it once')
    .action(async (room: string, words: string[], options: Readonly<{ id?: string }>) =>
      (await load()).sayInRoom(contextOf(), room, words, options),
    );
  rooms
    .command('read')
    .description('show what was said in a room')
    .argument('<room>', ROOM_HELP)
    .option('-n, --count <number>', 'how many events', parseCount, READ_DEFAULT_COUNT)
    .option('-f, --follow', 'go on with new events as they come')
    .action(async (room: string, options: ReadOptions) =>
      (await import('./read-room.ts')).readRoom(contextOf(), room, options),
    );
  rooms
    .command('waiting')
    .description('show what you said that the room’s host has not taken yet')
    .argument('<room>', ROOM_HELP)
    .option('--drop <id>', 'take one of these back')
    .action(async (room: string, options: Readonly<{ drop?: string }>) =>
      (await load()).showWaiting(contextOf(), room, options),
    );
  rooms
    .command('who')
    .description('show who is in a room, and who is kept out')
    .argument('<room>', ROOM_HELP)
    .action(async (room: string) => (await load()).showUsers(contextOf(), room));
}

function addOwnersControls(rooms: Command, contextOf: ContextOf): void {
  const load = () => import('./rooms.ts');
  rooms
    .command('change')
    .description('change what a room is')
    .argument('<room>', ROOM_HELP)
    .option('--topic <topic>', 'what it is about')
    .option('--private <on|off>', 'nobody comes in without its invite', parseSwitch)
    .option('--closed <on|off>', 'everybody is out and nobody comes in', parseSwitch)
    .option('--mute <on|off>', 'no notifications', parseSwitch)
    .action(async (room: string, options: ChangeRoomOptions) =>
      (await load()).changeRoom(contextOf(), room, options),
    );
  rooms
    .command('invite')
    .description('send a contact a link to a room; without a contact show what opens a private one')
    .argument('<room>', ROOM_HELP)
    .argument('[contact]', 'who gets a message with the link')
    .option('--new', 'make another invite; the former one opens nothing any more')
    .action(async (room: string, contact: string | undefined, options: InviteOptions) => {
      const { inviteContact, showInvite } = await load();
      if (contact === undefined || options.new === true) {
        await showInvite(contextOf(), room, options);
      }
      if (contact !== undefined) await inviteContact(contextOf(), room, contact);
    });
  for (const [verb, what] of [
    ['remove', 'put a guest out; who may come back'],
    ['ban', 'put somebody out for good'],
    ['unban', 'let a name in again'],
  ] as const) {
    rooms
      .command(verb)
      .description(what)
      .argument('<room>', ROOM_HELP)
      .argument('<user>', 'the name')
      .action(async (room: string, user: string) =>
        (await load()).moderate(contextOf(), verb, room, user),
      );
  }
}
