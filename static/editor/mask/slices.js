// @ts-check

/** Milliseconds of work at once: as long as nobody notices, then between two frames. */
const FIRST = 30;
const SLICE = 9;

/**
 * A computation under way.
 * @typedef {{stop: () => void, finish: () => void}} Work `finish` does the rest at once
 */

/**
 * Runs a long computation in slices, so that the page goes on; a short one ends before this returns.
 * @template T
 * @param {Generator<void, T>} steps
 * @param {(result: T) => void} done not called any more once the work was stopped
 * @returns {Work}
 */
export function inSlices(steps, done) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let going = true;
  const slice = (/** @type {number} */ length) => {
    const end = performance.now() + length;
    while (going) {
      const step = steps.next();
      if (step.done) {
        going = false;
        return done(step.value);
      }
      if (performance.now() >= end) break;
    }
    if (going) timer = setTimeout(slice, 0, SLICE);
  };
  const stop = () => {
    going = false;
    clearTimeout(timer);
  };
  const finish = () => {
    clearTimeout(timer);
    slice(Infinity);
  };
  slice(FIRST);
  return { stop, finish };
}
