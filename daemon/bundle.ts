/**
 * The daemon's bundle, loaded together with what V8 made of it when it was built: reading a megabyte of source anew takes
 * a third of a start.
 *
 * Node can do so by itself from 22.1 on (`module.enableCompileCache`); before, only files that are scripts can be loaded so, and
 * the bundle consists of modules of the old kind for that reason.
 */
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

type Module = { exports: unknown };
type Require = (id: string) => unknown;
/** What surrounds a module of the old kind. */
type Wrapped = (
  exports: unknown,
  require: Require,
  module: Module,
  file: string,
  folder: string,
) => void;

const HEAD = '(function (exports, require, module, __filename, __dirname) {';

/** In front of what V8 made: it trusts that to be as it was. */
const CHECKSUM_BYTES = 4;

/** The daemon's own. */
export function openBundle(): Bundle {
  return new Bundle(join(import.meta.dirname, '../bin'));
}

/** Files that are modules of the old kind and need each other, each loaded once. */
export class Bundle {
  readonly #folder: string;
  readonly #requireOther: Require;
  readonly #modules = new Map<string, Module>();
  readonly #scripts = new Map<string, Script>();

  /** @param folder Where the files of the bundle are. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#requireOther = createRequire(join(folder, 'program.js'));
  }

  /**
   * Loads a file of the bundle, and the files that it needs.
   *
   * @returns What it exports.
   */
  load(name: string): unknown {
    const known = this.#modules.get(name);
    if (known !== undefined) return known.exports;
    const module: Module = { exports: {} };
    this.#modules.set(name, module);
    const wrapped = this.#compile(name).runInThisContext() as Wrapped;
    wrapped(
      module.exports,
      (id) => (id.startsWith('./') ? this.load(id.slice(2)) : this.#requireOther(id)),
      module,
      join(this.#folder, name),
      this.#folder,
    );
    return module.exports;
  }

  /** Writes beside each file that was loaded what V8 has made of it by now. To be called when it was built. */
  keepCode(): void {
    for (const [name, script] of this.#scripts) {
      const code = script.createCachedData();
      const checksum = Buffer.alloc(CHECKSUM_BYTES);
      checksum.writeUInt32BE(crc32(code));
      const path = this.#codePath(name);
      writeFileSync(path, Buffer.concat([checksum, code]));
      // Whoever may read the source may read this.
      chmodSync(path, statSync(join(this.#folder, name)).mode);
    }
  }

  #compile(name: string): Script {
    const path = join(this.#folder, name);
    const source = readFileSync(path, 'utf8');
    const cachedData = this.#readCode(name);
    const script = new Script(`${HEAD}${source}\n})`, {
      // As Node names modules: who counts which lines were run knows them by that.
      filename: pathToFileURL(path).href,
      columnOffset: -HEAD.length,
      ...(cachedData === undefined ? {} : { cachedData }),
    });
    this.#scripts.set(name, script);
    return script;
  }

  #readCode(name: string): Buffer | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#codePath(name));
    } catch {
      // Nothing was kept for this Node and these flags, or we may not read it: the source is there in any case.
      return undefined;
    }
    const code = bytes.subarray(CHECKSUM_BYTES);
    const isWhole = bytes.length > CHECKSUM_BYTES && bytes.readUInt32BE() === crc32(code);
    return isWhole ? code : undefined;
  }

  /** Another V8, other flags and other processors make other code. */
  #codePath(name: string): string {
    return join(this.#folder, `${name}.${process.arch}-${cachedDataVersionTag()}.code`);
  }
}
