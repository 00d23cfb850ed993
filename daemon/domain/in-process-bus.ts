import { decodeClusterMail, encodeClusterMail, type ClusterMail } from '../wire/cluster.ts';
import type { ClusterBus } from './cluster-bus.ts';

type Listener = (mail: ClusterMail) => void;

/**
 * A bus between hubs of one process. Mail goes as the text that it would be on a wire, and arrives when whoever
 * posted it is done, so that nobody is called back in the middle of something.
 */
export class InProcessBus implements ClusterBus {
  readonly #listeners = new Map<number, Listener>();

  post(mail: ClusterMail): void {
    const text = encodeClusterMail(mail);
    for (const server of this.#listeners.keys()) {
      if (server === mail.from || (mail.to !== null && mail.to !== server)) continue;
      queueMicrotask(() => this.#listeners.get(server)?.(decodeClusterMail(text)));
    }
  }

  subscribe(self: number, listener: Listener): () => void {
    this.#listeners.set(self, listener);
    return () => {
      if (this.#listeners.get(self) === listener) this.#listeners.delete(self);
    };
  }
}
