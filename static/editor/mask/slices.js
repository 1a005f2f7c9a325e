// @ts-check

/** Milliseconds of work between two frames. */
const SLICE = 9;

/**
 * Runs a long computation in slices, so that the page goes on; a short one ends before this returns.
 * @template T
 * @param {Generator<void, T>} steps
 * @param {(result: T) => void} done
 * @returns {() => void} cancels it; `done` is not called any more
 */
export function inSlices(steps, done) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const slice = () => {
    const end = performance.now() + SLICE;
    for (;;) {
      const step = steps.next();
      if (step.done) return done(step.value);
      if (performance.now() >= end) break;
    }
    timer = setTimeout(slice, 0);
  };
  slice();
  return () => clearTimeout(timer);
}
