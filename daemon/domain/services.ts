/** Services: what one client offers, others call, and the daemon passes to and fro. */
import type { ListedService } from '../wire/debugger.ts';
import type { ClientFrame, JsonValue, RequestId, ServiceCode } from '../wire/topic.ts';
import type { Clock, Timer } from './ports.ts';
import { Shares } from './shares.ts';
import { isOwnName } from './topic-access.ts';
import type { TopicClient } from './topic.ts';

/** Services of one client. */
export const CLIENT_MAX_SERVICES = 100;
export const MAX_SERVICES = 1000;
/** Requests of one client that nobody answered yet, and of all. Source: docs/topics.md#services. */
export const CLIENT_MAX_CALLS = 32;
export const MAX_CALLS = 256;
export const CALL_TIMEOUT_MS = 30_000;

type Call = Readonly<{
  caller: TopicClient;
  /** As the caller gave it. */
  requestId: RequestId;
  provider: TopicClient;
  timeout: Timer;
}>;

/** What somebody asks for. */
export type ServiceRequest = Readonly<{ service: string; args: JsonValue; requestId: RequestId }>;

/** What a provider says, or why it can't. */
export type ServiceAnswer = Extract<ClientFrame, { type: 'response' }>;

type Dependencies = Readonly<{ clock: Clock; createId: () => string }>;

export class Services {
  readonly #deps: Dependencies;
  readonly #providers = new Map<string, TopicClient>();
  /** By the request id that the provider was given: ids of callers never reach anybody else. */
  readonly #calls = new Map<string, Call>();
  /** How many of them each caller waits for. */
  readonly #waitingOf = new Map<TopicClient, number>();
  readonly #serviceShares = new Shares(MAX_SERVICES);
  readonly #callShares = new Shares(MAX_CALLS);

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @returns Why it may not; `undefined` when it does. */
  register(client: TopicClient, name: string): string | undefined {
    if (isOwnName(name)) return `${name} is a name of the daemon’s own`;
    if (client.access?.mayOffer(name) === false) return `you may not provide ${name}`;
    if (this.#providers.has(name)) return `somebody provides ${name} already`;
    if (!this.#serviceShares.hasRoom(client.access?.account)) return 'there are too many services';
    const own = [...this.#providers.values()].filter((provider) => provider === client).length;
    if (own >= CLIENT_MAX_SERVICES) return `at most ${CLIENT_MAX_SERVICES} services a client`;
    this.#providers.set(name, client);
    this.#serviceShares.add(client.access?.account);
    return undefined;
  }

  /**
   * Takes no further requests; those under way may still be answered.
   *
   * @returns Why it may not; `undefined` when it does.
   */
  unregister(client: TopicClient, name: string): string | undefined {
    if (this.#providers.get(name) !== client) return `you do not provide ${name}`;
    this.#drop(name, client);
    return undefined;
  }

  /** Every service, and the id of the client that provides it. */
  list(): readonly ListedService[] {
    return [...this.#providers].map(([name, { id }]) => ({ name, provider: id }));
  }

  /** Passes a request to whoever provides the service; the caller gets exactly one response. */
  request(caller: TopicClient, { service, args, requestId }: ServiceRequest): void {
    const provider = this.#providers.get(service);
    if (provider === undefined) {
      fail(caller, requestId, 'unknown_service', `nobody provides ${service}`);
      return;
    }
    if (!this.#hasRoomFor(caller)) {
      fail(caller, requestId, 'too_many_requests', 'too many requests are not answered yet');
      return;
    }
    const id = this.#deps.createId();
    const timeout = this.#deps.clock.after(CALL_TIMEOUT_MS, () => {
      this.#end(id, call);
      fail(caller, requestId, 'timeout', `no answer for ${CALL_TIMEOUT_MS / 1000} s`);
    });
    const call = { caller, requestId, provider, timeout };
    this.#calls.set(id, call);
    this.#count(caller, 1);
    provider.receive({ type: 'request', service, args, requestId: id });
  }

  /**
   * Passes a response to whoever asked.
   *
   * @returns Why not: nobody asked this client, or it has answered, or it is too late.
   */
  respond(client: TopicClient, answer: ServiceAnswer): string | undefined {
    const id = String(answer.requestId);
    const call = this.#calls.get(id);
    if (call?.provider !== client) return 'no such request waits for you';
    this.#end(id, call);
    const { caller, requestId } = call;
    if ('failure' in answer) fail(caller, requestId, 'failed', answer.failure);
    else caller.receive({ type: 'response', response: answer.response, requestId });
    return undefined;
  }

  /** A client is gone, with what it offered and what it asked for. */
  leave(client: TopicClient): void {
    for (const [name, provider] of this.#providers) {
      if (provider === client) this.#drop(name, client);
    }
    for (const [id, call] of this.#calls) {
      if (call.caller !== client && call.provider !== client) continue;
      this.#end(id, call);
      if (call.caller !== client) {
        fail(call.caller, call.requestId, 'provider_gone', 'whoever provided it left');
      }
    }
  }

  #end(id: string, { caller, timeout }: Call): void {
    timeout.cancel();
    this.#calls.delete(id);
    this.#count(caller, -1);
  }

  #count(caller: TopicClient, more: number): void {
    this.#callShares.add(caller.access?.account, more);
    const waiting = (this.#waitingOf.get(caller) ?? 0) + more;
    if (waiting > 0) this.#waitingOf.set(caller, waiting);
    else this.#waitingOf.delete(caller);
  }

  #drop(name: string, { access }: TopicClient): void {
    this.#providers.delete(name);
    this.#serviceShares.add(access?.account, -1);
  }

  #hasRoomFor(client: TopicClient): boolean {
    if (!this.#callShares.hasRoom(client.access?.account)) return false;
    return (this.#waitingOf.get(client) ?? 0) < CLIENT_MAX_CALLS;
  }
}

function fail(caller: TopicClient, requestId: RequestId, code: ServiceCode, message: string): void {
  caller.receive({ type: 'response', error: { code, message }, requestId });
}
