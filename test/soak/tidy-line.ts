/** What memory a process has after a collection of its garbage, as a line of its standard error. */

/** All in bytes. */
export type TidyMemory = Readonly<{
  resident: number;
  /** Of that what is not V8's heap, which is large or small as V8 likes. */
  native: number;
  /** In use of the heap, without compiled code: V8 goes on compiling for hours. */
  objects: number;
  /** Of buffers, which are not in the heap. */
  buffers: number;
}>;

const LINE =
  /^after a collection: (\d+) bytes resident, (\d+) native, (\d+) of objects, (\d+) of buffers$/gm;

export function encodeTidyMemory({ resident, native, objects, buffers }: TidyMemory): string {
  return `after a collection: ${resident} bytes resident, ${native} native, ${objects} of objects, ${buffers} of buffers\n`;
}

/** All such lines of a log, in their order. */
export function decodeTidyMemories(log: string): readonly TidyMemory[] {
  return [...log.matchAll(LINE)].map(([, resident, native, objects, buffers]) => ({
    resident: Number(resident),
    native: Number(native),
    objects: Number(objects),
    buffers: Number(buffers),
  }));
}
