// Finds the outlines of the cases that bench/outlines.py wrote, and prints how well they fit.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { outlineInBox } from "../static/editor/outline/find.js";

const folder = process.argv[2];
const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8"));

/** Pixels whose middle lies in the rings, by the even-odd rule. */
function fill(rings, { width, height }) {
  const bits = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const y = row + 0.5;
    const crossings = [];
    for (const ring of rings) {
      ring.forEach(([xi, yi], i) => {
        const [xj, yj] = ring.at(i - 1);
        if (yi > y !== yj > y) crossings.push(((xj - xi) * (y - yi)) / (yj - yi) + xi);
      });
    }
    crossings.sort((a, b) => a - b);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      bits.fill(1, row * width + Math.max(0, Math.round(crossings[i])), row * width + Math.min(width, Math.round(crossings[i + 1])));
    }
  }
  return bits;
}

function overlap(found, truth) {
  let both = 0;
  let either = 0;
  truth.forEach((value, pixel) => {
    if (value && found[pixel]) both += 1;
    if (value || found[pixel]) either += 1;
  });
  return either === 0 ? 1 : both / either;
}

const results = cases.map(({ width, height, box }, number) => {
  const data = new Uint8ClampedArray(readFileSync(join(folder, `${number}.rgba`)));
  const truth = readFileSync(join(folder, `${number}.mask`));
  const steps = outlineInBox({ width, height, data }, box);
  const start = performance.now();
  let step = steps.next();
  while (!step.done) step = steps.next();
  const ms = performance.now() - start;
  const [right, bottom] = [box.x + box.width, box.y + box.height];
  const corners = [[box.x, box.y], [right, box.y], [right, bottom], [box.x, bottom]];
  return { ms, found: overlap(fill(step.value, { width, height }), truth), box: overlap(fill([corners], { width, height }), truth) };
});
process.stdout.write(JSON.stringify(results));
