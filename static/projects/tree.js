// @ts-check
/**
 * A label tree as its editor holds it: rows in order, each with its depth. A row's branch is the deeper rows after it.
 * Every function returns new rows and leaves the old ones alone.
 */

export const DEPTH_LIMIT = 6;
const NAME_LIMIT = 100;

/**
 * @typedef {{id: number, code: string, name: string, description: string, colour: string, hotkey: string | null, depth: number}} Row
 * @typedef {{code?: string, name: string, description?: string, colour?: string, hotkey?: string | null, children?: Nested[]}} Nested
 */

let lastId = 0;

/** @param {Partial<Row>} given @returns {Row} a row with an id of its own */
export function makeRow(given) {
  lastId += 1;
  return { code: "", name: "", description: "", colour: "", hotkey: null, depth: 0, ...given, id: lastId };
}

/** @param {Nested[]} nested @param {number} depth @returns {Row[]} */
export function fromNested(nested, depth = 0) {
  return nested.flatMap(({ children, ...rest }) => [makeRow({ ...rest, depth }), ...fromNested(children ?? [], depth + 1)]);
}

/** @param {Row[]} rows @returns {Nested[]} */
export function toNested(rows) {
  /** @type {Nested[]} */
  const roots = [];
  /** @type {Nested[]} */
  const open = [];
  for (const { code, name, description, colour, hotkey, depth } of rows) {
    const node = { code, name: name.trim(), description: description.trim(), colour, hotkey, children: [] };
    (depth ? (open[depth - 1]?.children ?? roots) : roots).push(node);
    open.length = depth;
    open[depth] = node;
  }
  return roots;
}

/** @param {Row[]} rows @param {number} index @returns {number} the index behind the branch of the row at `index` */
export function branchEnd(rows, index) {
  const depth = rows[index]?.depth ?? 0;
  let end = index + 1;
  while (end < rows.length && (rows[end]?.depth ?? 0) > depth) end += 1;
  return end;
}

/** @param {Row[]} rows @param {number} index @returns {string} the names from the root to the row, joined by `/` */
export function pathOf(rows, index) {
  const names = [];
  let depth = Infinity;
  for (let at = index; at >= 0 && depth > 0; at -= 1) {
    const row = rows[at];
    if (row && row.depth < depth) {
      names.unshift(row.name.trim());
      depth = row.depth;
    }
  }
  return names.join("/");
}

/** Puts a row behind the branch at `index`, on its level; at the end without one. @param {Row[]} rows @param {number} index @param {Row} row */
export function insertAfter(rows, index, row) {
  const at = index < 0 ? rows.length : branchEnd(rows, index);
  return rows.toSpliced(at, 0, { ...row, depth: rows[index]?.depth ?? 0 });
}

/** Puts a row under the row at `index`, last of its children. @param {Row[]} rows @param {number} index @param {Row} row */
export function insertUnder(rows, index, row) {
  const depth = (rows[index]?.depth ?? 0) + 1;
  return depth >= DEPTH_LIMIT ? rows : rows.toSpliced(branchEnd(rows, index), 0, { ...row, depth });
}

/** @param {Row[]} rows @param {number} index */
export function removeBranch(rows, index) {
  return rows.toSpliced(index, branchEnd(rows, index) - index);
}

/** @param {Row[]} rows @param {number} index @param {number} by +1: one level deeper, -1: one level up */
export function shift(rows, index, by) {
  const end = branchEnd(rows, index);
  const depth = (rows[index]?.depth ?? 0) + by;
  const deepest = Math.max(...rows.slice(index, end).map((row) => row.depth + by));
  if (depth < 0 || deepest >= DEPTH_LIMIT || depth > (rows[index - 1]?.depth ?? -1) + 1) return rows;
  return rows.map((row, at) => (at >= index && at < end ? { ...row, depth: row.depth + by } : row));
}

/** Moves a branch past its neighbour on the same level. @param {Row[]} rows @param {number} index @param {1 | -1} by */
export function step(rows, index, by) {
  const depth = rows[index]?.depth ?? 0;
  const end = branchEnd(rows, index);
  if (by === 1) {
    if (rows[end]?.depth !== depth) return rows;
    return moveTo(rows, index, branchEnd(rows, end), depth);
  }
  let before = index - 1;
  while (before >= 0 && (rows[before]?.depth ?? 0) > depth) before -= 1;
  return rows[before]?.depth === depth ? moveTo(rows, index, before, depth) : rows;
}

/** Moves the branch at `from` so that it begins where row `to` stands now. @param {Row[]} rows @param {number} from @param {number} to @param {number} depth */
function moveTo(rows, from, to, depth) {
  const end = branchEnd(rows, from);
  if (to > from && to < end) return rows;
  const by = depth - (rows[from]?.depth ?? 0);
  const branch = rows.slice(from, end).map((row) => ({ ...row, depth: row.depth + by }));
  if (branch.some((row) => row.depth >= DEPTH_LIMIT)) return rows;
  const rest = rows.toSpliced(from, end - from);
  return rest.toSpliced(to > from ? to - (end - from) : to, 0, ...branch);
}

/** Drops the branch at `from` before, after or inside the row at `onto`. @param {Row[]} rows @param {number} from @param {number} onto @param {"before" | "after" | "inside"} where */
export function drop(rows, from, onto, where) {
  const depth = rows[onto]?.depth ?? 0;
  if (onto >= from && onto < branchEnd(rows, from)) return rows;
  if (where === "before") return moveTo(rows, from, onto, depth);
  return moveTo(rows, from, branchEnd(rows, onto), where === "inside" ? depth + 1 : depth);
}

/** @param {string} line a pasted path @returns {string[]} its names from the root */
function namesIn(line) {
  return line.split("/").map((name) => name.trim()).filter(Boolean);
}

/** @param {string} lines pasted paths @returns {string[]} those with more levels than a tree has */
export function tooDeep(lines) {
  return lines.split("\n").filter((line) => namesIn(line).length > DEPTH_LIMIT);
}

/** Adds pasted paths, `Animal/Cat` per line; those that are there stay, those too deep are left out. @param {Row[]} rows @param {string} lines */
export function addLines(rows, lines) {
  let result = rows;
  for (const names of lines.split("\n").map(namesIn)) {
    if (names.length > DEPTH_LIMIT) continue;
    let parent = -1;
    for (const [depth, name] of names.entries()) {
      const path = names.slice(0, depth + 1).join("/");
      const known = result.findIndex((row, index) => row.depth === depth && pathOf(result, index) === path);
      if (known >= 0) parent = known;
      else {
        const at = depth ? branchEnd(result, parent) : result.length;
        result = result.toSpliced(at, 0, makeRow({ name, depth }));
        parent = at;
      }
    }
  }
  return result;
}

/** Gives the keys 1 to 9 to the first nine rows and takes them from the others. @param {Row[]} rows */
export function numberFirstNine(rows) {
  return rows.map((row, index) => ({ ...row, hotkey: index < 9 ? String(index + 1) : "" }));
}

/** Gives a key to one row; whoever had it gives it up. @param {Row[]} rows @param {number} index @param {string} key */
export function assignKey(rows, index, key) {
  return rows.map((row, at) => {
    if (at === index) return { ...row, hotkey: key };
    return key && row.hotkey === key ? { ...row, hotkey: "" } : row;
  });
}

/** The keys and colours that new rows will get, shown before the tree is saved. @param {Row[]} rows @param {string[]} palette */
export function withDefaults(rows, palette) {
  const keys = [..."123456789"].filter((key) => !rows.some((row) => row.hotkey === key));
  /** @type {Map<string, number>} */
  const used = new Map(palette.map((colour) => [colour, rows.filter((row) => row.colour === colour).length]));
  return rows.map((row) => {
    const hotkey = row.hotkey ?? keys.shift() ?? "";
    const colour = row.colour || [...palette].sort((a, b) => (used.get(a) ?? 0) - (used.get(b) ?? 0))[0] || "#00a8e4";
    if (!row.colour) used.set(colour, (used.get(colour) ?? 0) + 1);
    return { ...row, hotkey, colour };
  });
}

/** @param {Row[]} rows @returns {{index: number, message: string} | null} the first thing that keeps the tree from being saved */
export function problemOf(rows) {
  const paths = new Set();
  for (const [index, row] of rows.entries()) {
    const path = pathOf(rows, index);
    const name = row.name.trim();
    if (!name) return { index, message: "A label has no name." };
    if (name.includes("/")) return { index, message: `“${name}”: a name cannot contain “/”, which separates the levels.` };
    if (name.length > NAME_LIMIT) return { index, message: `A name has at most ${NAME_LIMIT} characters.` };
    if (paths.has(path)) return { index, message: `“${path}” is there twice. Names must differ on one level.` };
    paths.add(path);
  }
  return null;
}
