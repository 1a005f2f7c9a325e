// Answers, line by line, what the labelling page's geometry makes of polygons: {call, args} → the result.
import { createInterface } from "node:readline";
import { findCrossing } from "../../static/editor/rings/crossings.js";
import { difference, intersection, split, union } from "../../static/editor/rings/overlay.js";
import { simplify, thinRing } from "../../static/editor/rings/simplify.js";
import { area, contains, problem } from "../../static/editor/shapes/polygon.js";

const calls = {
  union, difference, intersection, split, simplify, thinRing,
  area: (parts) => area({ parts }),
  contains: (parts, points) => points.map(([x, y]) => contains({ parts }, { x, y })),
  crosses: (parts) => findCrossing(parts)?.kind ?? null,
  problem: (parts, size) => problem({ parts }, size),
};

createInterface({ input: process.stdin }).on("line", (line) => {
  const { call, args } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(calls[call](...args))}\n`);
});
