/** What memory a process has after a collection of its garbage, as a line of its standard error. */

export type TidyMemory = Readonly<{ residentBytes: number; heapBytes: number }>;

const LINE = /^after a collection: (\d+) bytes resident, (\d+) of the heap in use$/gm;

export function encodeTidyMemory({ residentBytes, heapBytes }: TidyMemory): string {
  return `after a collection: ${residentBytes} bytes resident, ${heapBytes} of the heap in use\n`;
}

/** All such lines of a log, in their order. */
export function decodeTidyMemories(log: string): readonly TidyMemory[] {
  return [...log.matchAll(LINE)].map(([, resident, heap]) => ({
    residentBytes: Number(resident),
    heapBytes: Number(heap),
  }));
}
