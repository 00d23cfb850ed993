/** What memory a process has after a collection of its garbage, as a line of its standard error. */

/** All in bytes. */
export type TidyMemory = Readonly<{
  resident: number;
  /** In use of the heap, without compiled code: V8 goes on compiling for hours. */
  objects: number;
  /** Outside of the heap. */
  buffers: number;
}>;

const LINE = /^after a collection: (\d+) bytes resident, (\d+) of objects, (\d+) of buffers$/gm;

export function encodeTidyMemory({ resident, objects, buffers }: TidyMemory): string {
  return `after a collection: ${resident} bytes resident, ${objects} of objects, ${buffers} of buffers\n`;
}

/** All such lines of a log, in their order. */
export function decodeTidyMemories(log: string): readonly TidyMemory[] {
  return [...log.matchAll(LINE)].map(([, resident, objects, buffers]) => ({
    resident: Number(resident),
    objects: Number(objects),
    buffers: Number(buffers),
  }));
}
