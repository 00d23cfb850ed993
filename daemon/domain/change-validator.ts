/** `_chatroom/validate_change`: a client that is asked before a change is applied (docs/topics.md#validation). */
import type { ListedService } from '../wire/debugger.ts';
import type { JsonObject, JsonValue } from '../wire/topic.ts';
import type { Clock, Timer } from './ports.ts';
import type { ServiceAnswer } from './services.ts';
import { VALIDATE_SERVICE } from './topic-access.ts';
import type { ProposedUpdate, Validate, Verdict } from './topic-validation.ts';
import type { TopicClient } from './topic.ts';

/** How long a change waits for a verdict, from when it came. */
export const VERDICT_TIMEOUT_MS = 2000;
/** What is told to an author of a reason. */
const REASON_MAX_LENGTH = 500;

const GONE: Verdict = { reason: 'whoever judges changes left' };
const LATE: Verdict = { reason: `nobody judged the change for ${VERDICT_TIMEOUT_MS / 1000} s` };
const NO_VERDICT: Verdict = { reason: 'whoever judges changes gave no verdict' };

type Asked = Readonly<{ give: (verdict: Verdict) => void; timeout: Timer }>;
type Dependencies = Readonly<{ clock: Clock; createId: () => string }>;

export class ChangeValidator {
  readonly #deps: Dependencies;
  #provider: TopicClient | undefined;
  /** By the request id that the provider was given. */
  readonly #asked = new Map<string, Asked>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @returns Why it may not; `undefined` when it does. */
  register(client: TopicClient): string | undefined {
    if (client.access?.mayValidate !== true) return 'you may not judge changes';
    if (this.#provider !== undefined) return `somebody provides ${VALIDATE_SERVICE} already`;
    this.#provider = client;
    return undefined;
  }

  /**
   * Changes that wait for it are rejected: they came while there was somebody to judge them.
   *
   * @returns Why it may not; `undefined` when it does.
   */
  unregister(client: TopicClient): string | undefined {
    if (this.#provider !== client) return `you do not provide ${VALIDATE_SERVICE}`;
    this.leave(client);
    return undefined;
  }

  /** A client is gone. */
  leave(client: TopicClient): void {
    if (this.#provider !== client) return;
    this.#provider = undefined;
    for (const id of [...this.#asked.keys()]) this.#end(id, GONE);
  }

  /** The service, if somebody provides it. */
  list(): readonly ListedService[] {
    const provider = this.#provider?.id;
    return provider === undefined ? [] : [{ name: VALIDATE_SERVICE, provider }];
  }

  /** A judge for a change that comes now; `undefined` when nobody judges. */
  judge(): Validate | undefined {
    const provider = this.#provider;
    if (provider === undefined) return undefined;
    const deadlineMs = this.#deps.clock.monotonicMs() + VERDICT_TIMEOUT_MS;
    return (update) => {
      if (this.#provider !== provider) return GONE;
      const leftMs = deadlineMs - this.#deps.clock.monotonicMs();
      return leftMs <= 0 ? LATE : this.#ask(provider, update, leftMs);
    };
  }

  /** Takes a verdict. @returns `false` when this client was not asked for one under this id. */
  respond(client: TopicClient, answer: ServiceAnswer): boolean {
    const requestId = String(answer.requestId);
    if (client !== this.#provider || !this.#asked.has(requestId)) return false;
    this.#end(requestId, 'failure' in answer ? NO_VERDICT : toVerdict(answer.response));
    return true;
  }

  #ask(provider: TopicClient, update: ProposedUpdate, leftMs: number): Promise<Verdict> {
    const { clock, createId } = this.#deps;
    const requestId = createId();
    const { topic, change, clientId } = update;
    const args = { topic_name: topic, change, client_id: clientId };
    return new Promise((resolve) => {
      const timeout = clock.after(leftMs, () => this.#end(requestId, LATE));
      this.#asked.set(requestId, { give: resolve, timeout });
      provider.receive({ type: 'request', service: VALIDATE_SERVICE, args, requestId });
    });
  }

  #end(requestId: string, verdict: Verdict): void {
    const asked = this.#asked.get(requestId);
    this.#asked.delete(requestId);
    asked?.timeout.cancel();
    asked?.give(verdict);
  }
}

function toVerdict(response: JsonValue): Verdict {
  if (response === true) return true;
  const reason = isObject(response) ? response['reason'] : undefined;
  return typeof reason === 'string' ? { reason: reason.slice(0, REASON_MAX_LENGTH) } : NO_VERDICT;
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
