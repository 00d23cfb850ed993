import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A source file, its path relative to the repository with `/` between folders. */
export type SourceFile = Readonly<{ path: string; text: string }>;

/** Every TypeScript source below a folder of the repository; none when there is no such folder yet. */
export async function readSources(folder: string): Promise<readonly SourceFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'));
  return Promise.all(paths.map(async (path) => ({ path, text: await readFile(path, 'utf8') })));
}
