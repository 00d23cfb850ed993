/** Judges a campaign by what was tried, what was confirmed, and what the receivers show in the end. */

/** What became of the messages of one sender to one receiver, each named by its text. */
export type StreamHistory = Readonly<{
  name: string;
  /** Everything that was ever given to the sender's daemon, in order. */
  attempted: readonly string[];
  /** What the daemon confirmed to have, in order. */
  acknowledged: readonly string[];
  /** The conversation as the receiver sees it. */
  displayed: readonly string[];
}>;

/** How a campaign went. All but the first three must be 0. */
export type Verdict = Readonly<{
  attempted: number;
  acknowledged: number;
  displayed: number;
  /** Confirmed, but not shown. */
  lost: number;
  /** Shown more than once. */
  doubled: number;
  /** Shown, but never written. */
  unexpected: number;
  /** Shown before something that was written earlier. */
  disordered: number;
}>;

/** Adds up all streams of a campaign. */
export function judge(streams: readonly StreamHistory[]): Verdict {
  const verdicts = streams.map(judgeOne);
  const sum = (name: keyof Verdict): number =>
    verdicts.reduce((total, verdict) => total + verdict[name], 0);
  return {
    attempted: sum('attempted'),
    acknowledged: sum('acknowledged'),
    displayed: sum('displayed'),
    lost: sum('lost'),
    doubled: sum('doubled'),
    unexpected: sum('unexpected'),
    disordered: sum('disordered'),
  };
}

/** What went wrong, a sentence each. */
export function faultsOfVerdict({
  lost,
  doubled,
  unexpected,
  disordered,
}: Verdict): readonly string[] {
  const faults = {
    lost,
    'shown twice': doubled,
    'made up': unexpected,
    'out of order': disordered,
  };
  return Object.entries(faults).flatMap(([what, count]) =>
    count === 0 ? [] : [`${count} messages are ${what}`],
  );
}

function judgeOne({ attempted, acknowledged, displayed }: StreamHistory): Verdict {
  const shown = new Set(displayed);
  const places = new Map(attempted.map((text, index) => [text, index]));
  const order = [...shown].flatMap((text) => places.get(text) ?? []);
  return {
    attempted: attempted.length,
    acknowledged: acknowledged.length,
    displayed: displayed.length,
    lost: acknowledged.filter((text) => !shown.has(text)).length,
    doubled: displayed.length - shown.size,
    unexpected: [...shown].filter((text) => !places.has(text)).length,
    disordered: order.filter((place, index) => index > 0 && place < (order[index - 1] ?? 0)).length,
  };
}
