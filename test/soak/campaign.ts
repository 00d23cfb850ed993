/** What all campaigns have in common. */
import type { Verdict } from './delivery-checker.ts';

export type CampaignOptions = Readonly<{
  /** Empty folder for everything that it writes. */
  folder: string;
  /** Decides whatever is left to chance. What is left to the machine, like the moment of a write, it can't repeat. */
  seed: number;
  /** Hears what happens, for whoever watches a long run. */
  onEvent?: (sentence: string) => void;
}>;

/** How a campaign went: all is well if there are no faults. */
export type CampaignReport = Verdict & Readonly<{ faults: readonly string[] }>;

/** It can't be run on this machine, for a reason that a person can do something about. */
export class CampaignImpossible extends Error {
  override readonly name = 'CampaignImpossible';
}
