/**
 * The part of tar (POSIX ustar) that a backup needs: plain files in a row. Any tar program unpacks what is written here;
 * what is read here has nothing else in it, so no link and no path can lead anywhere.
 */

export const TAR_BLOCK_BYTES = 512;
/** What ends an archive. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK_BYTES);
/** What eleven octal digits can say: 8 GiB. */
const SIZE_MAX_BYTES = 8 ** 11 - 1;
const NAME_MAX_BYTES = 100;
const REGULAR_FILE = '0';

/** One file of an archive. */
export type TarMember = Readonly<{
  name: string;
  sizeBytes: number;
  /** Seconds since 1970. */
  modifiedS: number;
}>;

/** The block before a file's bytes. */
export function formatTarHeader({ name, sizeBytes, modifiedS }: TarMember): Buffer {
  if (Buffer.byteLength(name) > NAME_MAX_BYTES || sizeBytes > SIZE_MAX_BYTES) {
    throw new RangeError(`${name} does not fit into an archive`);
  }
  const block = Buffer.alloc(TAR_BLOCK_BYTES);
  block.write(name, 0);
  block.write('0000600\0', 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${octal(sizeBytes, 11)}\0`, 124);
  block.write(`${octal(modifiedS, 11)}\0`, 136);
  block.write(REGULAR_FILE, 156);
  block.write('ustar\x0000', 257);
  block.write(`${octal(checksum(block), 6)}\0 `, 148);
  return block;
}

/**
 * Reads the block before a file's bytes.
 *
 * @returns `end` for a block of zeros; `undefined` for what is not a plain file as `formatTarHeader` writes it, such as
 *   a link, a folder or a name that goes on elsewhere.
 */
export function parseTarHeader(block: Buffer): TarMember | 'end' | undefined {
  if (block.length !== TAR_BLOCK_BYTES) return undefined;
  if (block.every((byte) => byte === 0)) return 'end';
  const member = {
    name: fieldOf(block, 0, NAME_MAX_BYTES),
    sizeBytes: Number.parseInt(fieldOf(block, 124, 12), 8),
    modifiedS: Number.parseInt(fieldOf(block, 136, 12), 8),
  };
  // Whatever says another thing than we would say of such a file is none of ours.
  const isOurs = Number.isSafeInteger(member.sizeBytes) && Number.isSafeInteger(member.modifiedS);
  return isOurs && isWritable(member) && formatTarHeader(member).equals(block) ? member : undefined;
}

/** How many zeros follow a file's bytes. */
export function tarPadding(sizeBytes: number): number {
  return (TAR_BLOCK_BYTES - (sizeBytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}

function isWritable({ sizeBytes, modifiedS }: TarMember): boolean {
  return [sizeBytes, modifiedS].every((number) => number >= 0 && number <= SIZE_MAX_BYTES);
}

/** The sum of all bytes, those of the checksum itself taken for blanks. */
function checksum(block: Buffer): number {
  const blanked = Buffer.from(block).fill(' ', 148, 156);
  return blanked.reduce((sum, byte) => sum + byte, 0);
}

function octal(number: number, digits: number): string {
  return number.toString(8).padStart(digits, '0');
}

function fieldOf(block: Buffer, start: number, length: number): string {
  const end = block.indexOf(0, start);
  return block.toString('utf8', start, end === -1 ? start + length : Math.min(end, start + length));
}
