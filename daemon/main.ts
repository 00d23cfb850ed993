#!/usr/bin/env node
/** The command line's entry: hardens the process, runs one command, ends with its exit code. */

// Before anything else of ours is loaded or written (docs/security.md, G25 and 3.1).
process.umask(0o077);
Reflect.deleteProperty(Object.prototype, '__proto__');

// A reader that has seen enough (`vestnik read … | head`) is no failure.
process.stdout.on('error', () => process.exit(0));

const { openBundle } = await import('./bundle.ts');
const { run } = openBundle().load('program.js') as typeof import('./cli/program.ts');
const exitCode = await run(process.argv.slice(2));
// Writing to a pipe may still be under way; the empty write comes after it.
process.stdout.write('', () => process.exit(exitCode));
