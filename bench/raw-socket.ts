/** A WebSocket client that costs hardly anything: it counts frames, so that the daemon is what is measured. */
import { connect, type Socket } from 'node:net';
import { randomBytes } from 'node:crypto';

const LENGTH_16 = 126;
const LENGTH_64 = 127;
const PING = 0x9;
const PONG = 0x8a;
const HEAD_END = '\r\n\r\n';

/** Calls back with each text frame that comes. */
export class RawSocket {
  readonly #socket: Socket;
  readonly #onText: (payload: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);
  #isOpen = false;
  #onOpen: () => void = () => undefined;

  constructor(url: URL, onText: (payload: Buffer) => void) {
    this.#onText = onText;
    this.#socket = connect(Number(url.port), url.hostname).setNoDelay(true);
    this.#socket.on('data', (bytes) => this.#read(bytes)).on('error', () => undefined);
    this.#socket.write(
      `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}${HEAD_END}`,
    );
  }

  /** Resolves when frames can go to and fro. */
  opened(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onOpen = resolve;
    });
  }

  send(frame: object): void {
    this.#write(0x81, Buffer.from(JSON.stringify(frame)));
  }

  close(): void {
    this.#socket.destroy();
  }

  /** A client masks what it sends; a mask of zeros changes nothing. */
  #write(kind: number, payload: Buffer): void {
    const { length } = payload;
    const head =
      length < LENGTH_16
        ? Buffer.from([kind, 0x80 | length, 0, 0, 0, 0])
        : Buffer.from([kind, 0x80 | LENGTH_16, length >> 8, length & 0xff, 0, 0, 0, 0]);
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #read(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.#isOpen) {
      const end = this.#rest.indexOf(HEAD_END);
      if (end === -1) return;
      this.#isOpen = true;
      this.#rest = this.#rest.subarray(end + HEAD_END.length);
      this.#onOpen();
    }
    let at = 0;
    for (let next = this.#frameAt(at); next !== undefined; next = this.#frameAt(at)) at = next;
    this.#rest = this.#rest.subarray(at);
  }

  /** Takes the frame that begins here. @returns Where it ends; `undefined` when it is not here as a whole. */
  #frameAt(at: number): number | undefined {
    const rest = this.#rest;
    if (rest.length < at + 2) return undefined;
    const short = rest[at + 1] ?? 0;
    const headLength = short < LENGTH_16 ? 2 : short === LENGTH_64 ? 10 : 4;
    if (rest.length < at + headLength) return undefined;
    const start = at + headLength;
    const length =
      short < LENGTH_16
        ? short
        : short === LENGTH_64
          ? Number(rest.readBigUInt64BE(at + 2))
          : rest.readUInt16BE(at + 2);
    if (rest.length < start + length) return undefined;
    const kind = (rest[at] ?? 0) & 0xf;
    const payload = rest.subarray(start, start + length);
    if (kind === PING) this.#write(PONG, payload);
    else if (kind === 1) this.#onText(payload);
    return start + length;
  }
}
