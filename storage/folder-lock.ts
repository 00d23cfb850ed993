/**
 * One daemon per data folder (D11). On Linux the lock is an abstract socket, which the system frees with the process;
 * a file with pid, boot and start time does it elsewhere and between containers that do not share such sockets.
 */
import { constants } from 'node:fs';
import { copyFile, link, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { errnoOf, StorageError, toStorageError } from './errors.ts';

/** Field of /proc/PID/stat, counted after the command's name: when the process started, in ticks since boot. */
const START_TIME_FIELD = 19;

/** Which process holds the lock, so that its pid is not mistaken for another's that came later. */
type Holder = Readonly<{ pid: number; boot: string; started: string }>;

/** A folder that is ours until `release`. */
export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder, and writes nothing else there.
 *
 * @throws {StorageError} `folder_in_use`: another daemon has it; nothing was written.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const socket = process.platform === 'linux' ? await holdSocket(folder) : undefined;
  const path = join(folder, 'lock');
  try {
    await holdFile(path, folder);
  } catch (cause) {
    socket?.close();
    throw toStorageError(cause, path);
  }
  return {
    async release() {
      await unlink(path).catch(ignore('ENOENT'));
      if (socket === undefined) return;
      socket.close();
      await once(socket, 'close');
    },
  };
}

/**
 * Makes sure that no daemon works on a folder, without writing anything. Where the system has such sockets, none can start
 * before `release` either.
 *
 * @throws {StorageError} `folder_in_use`.
 */
export async function holdUnwritten(folder: string): Promise<FolderLock> {
  const socket = process.platform === 'linux' ? await holdSocket(folder) : undefined;
  const release = async (): Promise<void> => {
    if (socket === undefined) return;
    socket.close();
    await once(socket, 'close');
  };
  const holder = await readHolder(join(folder, 'lock'));
  if (holder === undefined || !(await isAlive(holder))) return { release };
  await release();
  throw inUse(folder, holder.pid);
}

/** Binds a name that only one process in this network namespace can have. */
async function holdSocket(folder: string): Promise<Server> {
  const { dev, ino } = await stat(folder, { bigint: true });
  // A connection has no business here.
  const server = createServer((connection) => connection.destroy());
  server.listen({ path: `\0vestnik-${dev}-${ino}` });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw errnoOf(cause) === 'EADDRINUSE' ? inUse(folder) : cause;
  }
  server.unref();
  return server;
}

async function holdFile(path: string, folder: string): Promise<void> {
  const own = await describeProcess(process.pid);
  if (await createWhole(path, `${JSON.stringify(own)}\n`)) return;
  const holder = await readHolder(path);
  if (holder !== undefined && (await isAlive(holder))) throw inUse(folder, holder.pid);
  await unlink(path).catch(ignore('ENOENT'));
  if (!(await createWhole(path, `${JSON.stringify(own)}\n`))) throw inUse(folder);
}

/** Creates a file that has its content as soon as it has its name. @returns Whether there was none. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, text, { mode: 0o600 });
  try {
    await link(temporary, path);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'EEXIST') return false;
    // FAT and some network file systems have no hard links.
    const isThere = await copyFile(temporary, path, constants.COPYFILE_EXCL).catch(
      ignore('EEXIST'),
    );
    return isThere !== 'EEXIST';
  } finally {
    await unlink(temporary);
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(ignore('ENOENT'));
  try {
    return decodeHolder(JSON.parse(text));
  } catch {
    // Torn by a power cut: whoever wrote it is gone.
    return undefined;
  }
}

function decodeHolder(value: unknown): Holder | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('pid' in value && 'boot' in value && 'started' in value)) return undefined;
  const { pid, boot, started } = value;
  if (typeof pid !== 'number' || typeof boot !== 'string' || typeof started !== 'string') {
    return undefined;
  }
  return { pid, boot, started };
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (!hasProcess(holder.pid)) return false;
  const now = await describeProcess(holder.pid);
  return now.boot === holder.boot && now.started === holder.started;
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return errnoOf(cause) === 'EPERM';
  }
}

/** Boot and start time are `''` where the system does not tell; then the pid alone has to do. */
async function describeProcess(pid: number): Promise<Holder> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const stats = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stats.slice(stats.lastIndexOf(')') + 2).split(' ');
  return { pid, boot: boot.trim(), started: fields[START_TIME_FIELD] ?? '' };
}

function inUse(folder: string, pid?: number): StorageError {
  const by = pid === undefined ? '' : ` (process ${pid})`;
  return new StorageError('folder_in_use', `${folder} is in use by another daemon${by}`);
}

/** For `.catch`: the error that does not matter becomes its name, others stay errors. */
function ignore<Code extends string>(expected: Code): (cause: unknown) => Code {
  return (cause) => {
    if (errnoOf(cause) === expected) return expected;
    throw cause;
  };
}
