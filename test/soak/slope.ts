/** How fast something grows that goes up and down all the time. */

export type Sample = Readonly<{ atMs: number; value: number }>;

/** What comes before is warming up. */
const WARM_SHARE = 1 / 3;
/** Of so many neighbouring samples the lowest counts: above it lies what is under way just then. */
const WINDOW = 4;

/** Growth per millisecond of the floor below the samples; 0 when there are too few to tell. */
export function slopeOf(samples: readonly Sample[]): number {
  const warm = samples.slice(Math.floor(samples.length * WARM_SHARE));
  const floor: Sample[] = [];
  for (let start = 0; start + WINDOW <= warm.length; start += WINDOW) {
    const lowest = warm
      .slice(start, start + WINDOW)
      .reduce((low, sample) => (sample.value < low.value ? sample : low));
    floor.push(lowest);
  }
  return floor.length < 2 ? 0 : fit(floor);
}

/** Slope of the line with the least squares. */
function fit(samples: readonly Sample[]): number {
  const meanAtMs = mean(samples.map(({ atMs }) => atMs));
  const meanValue = mean(samples.map(({ value }) => value));
  const above = samples.map(({ atMs, value }) => (atMs - meanAtMs) * (value - meanValue));
  const below = samples.map(({ atMs }) => (atMs - meanAtMs) ** 2);
  return mean(above) / mean(below);
}

/** Of at least one value. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
