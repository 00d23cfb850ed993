import type { ClusterMail } from '../wire/cluster.ts';

/**
 * What ties the servers of a cluster together. All that crosses from one to another goes through here.
 *
 * Mail of one server arrives in the order in which it was posted. It may be late or get lost; whoever listens finds
 * out by itself.
 */
export interface ClusterBus {
  /** Hands mail to the server that it is for, or to all others. Returns at once and never throws. */
  post(mail: ClusterMail): void;
  /**
   * Starts listening for mail to this server and to all; the answer stops it. What comes has been checked, but any
   * server may claim anything: whose it is stands in the mail.
   */
  subscribe(self: number, listener: (mail: ClusterMail) => void): () => void;
}
