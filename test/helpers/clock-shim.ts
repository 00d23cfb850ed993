/**
 * Loaded into a daemon before itself, gives it a wall clock that is wrong: `CLOCK_SHIM` is JSON with `at` (when its
 * clock begins, in milliseconds since 1970) or `ahead` (milliseconds), and perhaps `step` and `every`: by how much it
 * jumps each time that so many milliseconds have passed.
 */

type Shim = Readonly<{ at?: number; ahead?: number; step?: number; every?: number }>;

const {
  at,
  ahead = 0,
  step = 0,
  every = Infinity,
} = JSON.parse(process.env['CLOCK_SHIM'] ?? '{}') as Shim;
const RightDate = Date;
const shiftMs = at === undefined ? ahead : at - RightDate.now();

class WrongDate extends RightDate {
  constructor(...given: [] | [number]) {
    if (given.length === 0) super(WrongDate.now());
    else super(...given);
  }

  static override now(): number {
    const jumps = Math.floor(performance.now() / every);
    return RightDate.now() + shiftMs + jumps * step;
  }
}

Object.assign(globalThis, { Date: WrongDate });
