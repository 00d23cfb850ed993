/**
 * Loaded into every process of tests before its first test (`ava.require` in package.json).
 *
 * A machine that is shared may stand still for many seconds. Node's `fetch` then gives up connecting, or asks on a
 * connection that the listener has closed meanwhile, and says no more than "fetch failed". Tests speak of what a daemon
 * answers, not of how patient Node is: here every request has a connection of its own and as long as it takes, and
 * says why it failed. The same holds for `http.request`, unless it is given an agent.
 */
import http from 'node:http';
import https from 'node:https';
import fc from 'fast-check';

/** Where Node keeps what `fetch` sends with; the undici package finds it there, too. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

type Agent = Readonly<{
  constructor: new (options: {
    /** Requests under way on a connection; with 0 it is closed after the first. */
    pipelining: number;
    /** In milliseconds; 0 is for ever, here and below. */
    connect: { timeout: number };
    headersTimeout: number;
    bodyTimeout: number;
  }) => Agent;
}>;

const impatientFetch = globalThis.fetch;
let isPatient = false;

/** Node makes its dispatcher when it loads undici, which the first use of one of its classes does. */
function makePatient(): void {
  isPatient = true;
  if (typeof Response !== 'function') return;
  const holder = globalThis as unknown as { [DISPATCHER]: Agent };
  const { constructor } = holder[DISPATCHER];
  const waitingForEver = { connect: { timeout: 0 }, headersTimeout: 0, bodyTimeout: 0 };
  holder[DISPATCHER] = new constructor({ pipelining: 0, ...waitingForEver });
}

globalThis.fetch = async (...request) => {
  if (!isPatient) makePatient();
  try {
    return await impatientFetch(...request);
  } catch (error) {
    // ava shows no causes.
    if (error instanceof TypeError && error.cause instanceof Error)
      error.message += `: ${error.cause.message}`;
    throw error;
  }
};

http.globalAgent = new http.Agent({ keepAlive: false });
https.globalAgent = new https.Agent({ keepAlive: false });

// ava shows no cause of a property that does not hold, either.
fc.configureGlobal({ ...fc.readConfigureGlobal(), includeErrorInReport: true });
