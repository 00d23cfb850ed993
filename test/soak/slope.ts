/** How fast something grows that goes up and down all the time. */

export type Sample = Readonly<{ atMs: number; value: number }>;

/** What comes before is warming up. */
const WARM_SHARE = 1 / 3;

/** Growth per millisecond, of the line with the least squares; 0 when there are too few samples to tell. */
export function slopeOf(samples: readonly Sample[]): number {
  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE));
  if (warm.length < 2) return 0;
  const meanAtMs = mean(warm.map(({ atMs }) => atMs));
  const meanValue = mean(warm.map(({ value }) => value));
  const above = warm.map(({ atMs, value }) => (atMs - meanAtMs) * (value - meanValue));
  const below = warm.map(({ atMs }) => (atMs - meanAtMs) ** 2);
  return mean(above) / mean(below);
}

/** Of at least one value. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
