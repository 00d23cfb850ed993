/** How the program is started and what is taken away from it (docs/security.md, 3.1 and G25). */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import * as v from 'valibot';
import { decode } from '../../daemon/wire/check.ts';
import { readSources } from '../helpers/source-files.ts';
import { TIDY_ON_SIGNAL } from '../soak/tidy-memory.ts';

const MAIN = fileURLToPath(new URL('../../daemon/main.js', import.meta.url));

const Package = v.object({
  scripts: v.record(v.string(), v.string()),
  bin: v.record(v.string(), v.string()),
});
const Installed = v.object({ version: v.string() });

/** What the unit has to take away; what it says beyond that is its own business. */
const DIRECTIVES: readonly (readonly [name: string, value: RegExp])[] = [
  ['NoNewPrivileges', /^yes$/],
  ['ProtectSystem', /^strict$/],
  ['ProtectHome', /^(?:yes|read-only)$/],
  ['ReadWritePaths', /^\/var\/lib\/vestnik$/],
  ['PrivateTmp', /^yes$/],
  ['MemoryMax', /^512M$/],
  ['LimitCORE', /^0$/],
  // Netlink is how Node lists the interfaces of the machine.
  ['RestrictAddressFamilies', /^AF_INET AF_INET6 AF_UNIX AF_NETLINK$/],
  ['UMask', /^0077$/],
  ['StateDirectoryMode', /^0700$/],
  ['CapabilityBoundingSet', /^$/],
];

test('the unit takes away from the daemon what it does not need (G25)', async (t) => {
  const unit = await readFile('packaging/vestnik.service', 'utf8');
  const [, service = ''] = /^\[Service\]$([^]*?)^\[Install\]$/m.exec(unit) ?? [];
  const said = new Map(
    [...service.matchAll(/^([A-Z]\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );

  for (const [name, value] of DIRECTIVES) t.regex(said.get(name) ?? 'missing', value, name);
});

test('the program is started without a way to prototypes, by npm and as a service', async (t) => {
  const { scripts, bin } = decode(Package, await readFile('package.json', 'utf8'));
  const unit = await readFile('packaging/vestnik.service', 'utf8');

  t.regex(scripts['start'] ?? '', / node --disable-proto=delete build\/daemon\/main\.js start$/);
  t.regex(unit, /^Environment=NODE_OPTIONS=--disable-proto=delete$/m);
  t.deepEqual(bin, { vestnik: 'build/daemon/main.js' });
});

test('a service is started as the campaigns that look at memory start it', async (t) => {
  const unit = await readFile('packaging/vestnik.service', 'utf8');

  for (const [name, value] of Object.entries(TIDY_ON_SIGNAL.environment)) {
    t.true(unit.includes(`\nEnvironment=${name}=${value}\n`), name);
  }
});

test('the program hardens itself before it does anything else, however it is started', async (t) => {
  const main = await readFile('daemon/main.ts', 'utf8');
  const statements = main.replace(/^#!.*$|\/\*\*[^]*?\*\/|\/\/.*$/gm, '').trim();
  const report = `process.on('exit', () => console.error(process.umask(), '__proto__' in {}));`;

  for (const flags of [[], ['--disable-proto=delete']]) {
    const child = spawn(
      process.execPath,
      [...flags, '--import', `data:text/javascript,${encodeURIComponent(report)}`, MAIN, '--help'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    // 0o077
    t.is((await text(child.stderr)).trim(), '63 false');
  }
  t.true(statements.startsWith('process.umask(0o077);'));
});

test('libraries are newer than what is known to be wrong with them', async (t) => {
  const least = { koa: [3, 1, 2], ws: [8, 17, 1], vite: [6, 0, 9] };

  for (const [name, wanted] of Object.entries(least)) {
    const { version } = decode(
      Installed,
      await readFile(`node_modules/${name}/package.json`, 'utf8'),
    );
    t.true(compare(version.split('.').map(Number), wanted) >= 0, `${name} ${version}`);
  }
});

test('nobody trusts what a proxy says about a caller, and nobody answers to other origins', async (t) => {
  const sources = await readSources('daemon');

  const trusting = sources.filter(({ text: source }) =>
    /\.proxy\s*=\s*true|x-forwarded|access-control-|insecureHTTPParser|rejectUnauthorized/i.test(
      source,
    ),
  );

  t.deepEqual(
    trusting.map(({ path }) => path),
    [],
  );
});

function compare(one: readonly number[], other: readonly number[]): number {
  const index = one.findIndex((part, place) => part !== other[place]);
  return index === -1 ? 0 : (one[index] ?? 0) - (other[index] ?? 0);
}
