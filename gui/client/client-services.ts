/** Services: what this client offers to others, and what it asks of them. Source: docs/topics.md#services. */
import type { JsonValue, RequestId } from '../../daemon/wire/topic-terms.ts';
import type { Clock } from './clock.ts';
import { ClientError, closedError, uncertainError, type ClientErrorCode } from './errors.ts';
import { isTooLarge } from './frame-size.ts';
import { createSettled, type Settled } from './settled.ts';
import {
  encodeFailure,
  encodeRegistration,
  encodeRequest,
  encodeResponse,
  type HeardFrame,
  type Outcome,
} from './topic-frames.ts';

/** The daemon itself gives up after this. Source: docs/topics.md#services. */
const CALL_TIMEOUT_MS = 30_000;
/** A name that our own dead line still holds is free when the daemon notices, within a minute. */
const REGISTER_AGAIN_MS = 5_000;
/** UTF-16 units of what a handler that threw tells its caller. */
const FAILURE_MAX_LENGTH = 1000;

/**
 * Answers a request. What it throws is told to the caller as `failed`, with the sentence of the error.
 *
 * @param args As the caller sent it; check it.
 */
export type ServiceHandler = (args: JsonValue) => JsonValue | Promise<JsonValue>;

/** A service that this client offers, over reconnections as well. */
export type Provision = Readonly<{
  /**
   * Resolves once the daemon knows it.
   *
   * @throws {ClientError} `refused`: somebody provides it already; `closed`.
   */
  ready: Promise<void>;
  /** Offers it no longer; what was asked before may still be answered. */
  remove: () => void;
}>;

export type CallOptions = Readonly<{
  /** How long to wait for the answer, and before for a connection. */
  timeoutMs?: number;
}>;

type Offer = Readonly<{ name: string; handler: ServiceHandler; ready: Settled<undefined> }> & {
  isKnown: boolean;
  /** The name is to be asked for once more. */
  cancelRetry: () => void;
};
type Call = Readonly<{ text: string; settled: Settled<JsonValue>; cancelTimeout: () => void }> & {
  isSent: boolean;
};
type Request = Extract<HeardFrame, { type: 'request' }>;

export type ServicesOptions = Readonly<{
  send: (text: string) => void;
  isConnected: () => boolean;
  clock: Clock;
}>;

export class ClientServices {
  readonly #options: ServicesOptions;
  readonly #offers = new Map<string, Offer>();
  /** Offers of which the daemon is to say whether it knows them. */
  readonly #registrations = new Map<RequestId, Offer>();
  readonly #calls = new Map<RequestId, Call>();
  #lastId = 0;
  /** Answers belong to the connection on which they were asked for. */
  #connections = 0;

  constructor(options: ServicesOptions) {
    this.#options = options;
  }

  provide(name: string, handler: ServiceHandler): Provision {
    const ready = createSettled<undefined>();
    // Whoever does not wait for it need not hear that it won't be.
    ready.promise.catch(() => undefined);
    const offer: Offer = { name, handler, ready, isKnown: false, cancelRetry: () => undefined };
    if (this.#offers.has(name)) {
      ready.reject(new ClientError('refused', `you provide ${name} already`));
    } else {
      this.#offers.set(name, offer);
      this.#register(offer);
    }
    return { ready: ready.promise, remove: () => this.#remove(offer) };
  }

  /** @throws {ClientError} What the daemon or the provider said; `timeout`; `uncertain`; `closed`. */
  call(
    service: string,
    args: JsonValue,
    { timeoutMs = CALL_TIMEOUT_MS }: CallOptions = {},
  ): Promise<JsonValue> {
    const id = ++this.#lastId;
    const text = encodeRequest(service, args, id);
    if (isTooLarge(text)) {
      return Promise.reject(new ClientError('bad_request', 'a request has at most 256 KiB'));
    }
    const settled = createSettled<JsonValue>();
    const cancelTimeout = this.#options.clock.after(timeoutMs, () =>
      this.#endCall(id, new ClientError('timeout', `no answer for ${timeoutMs / 1000} s`)),
    );
    const call: Call = { text, settled, cancelTimeout, isSent: false };
    this.#calls.set(id, call);
    this.#sendCall(call);
    return settled.promise;
  }

  /** There is a connection. */
  connect(): void {
    this.#connections += 1;
    for (const offer of this.#offers.values()) this.#register(offer);
    for (const call of this.#calls.values()) this.#sendCall(call);
  }

  /** There is none any more: nobody knows what became of what was asked. */
  lose(): void {
    this.#registrations.clear();
    for (const [id, { isSent }] of this.#calls) if (isSent) this.#endCall(id, uncertainError());
  }

  close(): void {
    for (const id of this.#calls.keys()) this.#endCall(id, closedError('the connection'));
    for (const { ready, cancelRetry } of this.#offers.values()) {
      cancelRetry();
      ready.reject(closedError('the connection'));
    }
    this.#offers.clear();
  }

  /** Somebody asks. */
  async hearRequest({ service, args, requestId }: Request): Promise<void> {
    const asked = this.#connections;
    const text = await this.#answer(service, args, requestId);
    if (asked === this.#connections) this.#options.send(text);
  }

  hearResponse(requestId: RequestId, outcome: Outcome): void {
    const offer = this.#registrations.get(requestId);
    if (offer !== undefined) {
      this.#registrations.delete(requestId);
      this.#hearRegistration(offer, outcome);
    } else if ('response' in outcome) {
      this.#calls.get(requestId)?.settled.resolve(outcome.response);
      this.#forget(requestId);
    } else this.#endCall(requestId, toError(outcome));
  }

  async #answer(service: string, args: JsonValue, requestId: RequestId): Promise<string> {
    try {
      const handler = this.#offers.get(service)?.handler;
      if (handler === undefined) throw new ClientError('failed', `${service} is no longer here`);
      const text = encodeResponse(requestId, await handler(args));
      if (isTooLarge(text)) throw new ClientError('failed', 'the answer has over 256 KiB');
      return text;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return encodeFailure(requestId, message.slice(0, FAILURE_MAX_LENGTH));
    }
  }

  #register(offer: Offer): void {
    offer.cancelRetry();
    if (!this.#options.isConnected()) return;
    const id = ++this.#lastId;
    this.#registrations.set(id, offer);
    this.#options.send(encodeRegistration('register_service', offer.name, id));
  }

  #hearRegistration(offer: Offer, outcome: Outcome): void {
    const { name } = offer;
    if (this.#offers.get(name) !== offer) return;
    if ('response' in outcome) {
      offer.isKnown = true;
      offer.ready.resolve(undefined);
    } else if (offer.isKnown) {
      offer.cancelRetry = this.#options.clock.after(REGISTER_AGAIN_MS, () => this.#register(offer));
    } else {
      this.#offers.delete(name);
      offer.ready.reject(toError(outcome));
    }
  }

  #remove(offer: Offer): void {
    const { name } = offer;
    if (this.#offers.get(name) !== offer) return;
    this.#offers.delete(name);
    offer.cancelRetry();
    offer.ready.reject(closedError(name));
    this.#options.send(encodeRegistration('unregister_service', name, ++this.#lastId));
  }

  #sendCall(call: Call): void {
    if (call.isSent || !this.#options.isConnected()) return;
    call.isSent = true;
    this.#options.send(call.text);
  }

  #endCall(id: RequestId, error: ClientError): void {
    this.#calls.get(id)?.settled.reject(error);
    this.#forget(id);
  }

  #forget(id: RequestId): void {
    this.#calls.get(id)?.cancelTimeout();
    this.#calls.delete(id);
  }
}

/** Codes of the daemon's that a program may look for. */
const CODES: Readonly<Record<string, ClientErrorCode>> = {
  unknown_service: 'unknown_service',
  provider_gone: 'provider_gone',
  timeout: 'timeout',
  too_many_requests: 'too_many_requests',
  refused: 'refused',
};

function toError({ code, message }: Extract<Outcome, { code: string }>): ClientError {
  return new ClientError(CODES[code] ?? 'failed', message);
}
