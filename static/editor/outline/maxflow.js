// @ts-check
import { Links } from "./links.js";

/**
 * Minimum cut of a grid whose pixels are linked to their eight neighbours.
 * Boykov and Kolmogorov, "An Experimental Comparison of Min-Cut/Max-Flow Algorithms for Energy Minimization in Vision",
 * PAMI 26(9), 2004: two search trees grow until they touch, the path is filled, orphans look for new parents.
 */

const [TERMINAL, ORPHAN] = [8, 9];
const [FREE, SOURCE, SINK] = [0, 1, 2];
/** The search hands back control after this many steps, so that it can be cancelled. */
const SLICE = 20_000;

/** One cut. Capacities are whole numbers of at most 2³⁰. */
export class GridCut {
  #links;
  /** What the source can still give (positive) or the sink take (negative). */
  #terminal;
  #tree;
  #parent;
  #distance;
  #stamp;
  #time = 0;
  /** Pixels whose neighbours are still to be looked at, as a queue in a ring. */
  #queue;
  #queued;
  #head = 0;
  #tail = 0;
  /** @type {number[]} */
  #orphans = [];

  /** @param {number} width @param {number} height pixels */
  constructor(width, height) {
    const { count } = (this.#links = new Links(width, height));
    this.#terminal = new Int32Array(count);
    this.#tree = new Uint8Array(count);
    this.#parent = new Uint8Array(count).fill(ORPHAN);
    this.#distance = new Int32Array(count);
    this.#stamp = new Int32Array(count);
    this.#queue = new Int32Array(count + 1);
    this.#queued = new Uint8Array(count);
  }

  /** The number of a pixel. @param {number} column @param {number} row */
  pixel(column, row) {
    return this.#links.pixel(column, row);
  }

  /** @param {number} pixel @param {number} source @param {number} sink */
  setTerminal(pixel, source, sink) {
    this.#terminal[pixel] = source - sink;
  }

  /** Links a pixel with its neighbour both ways, once. @param {number} pixel @param {number} step index of STEPS @param {number} capacity */
  setLink(pixel, step, capacity) {
    this.#links.widen(pixel, step, capacity);
    this.#links.widen(this.#links.neighbour(pixel, step), step ^ 1, capacity);
  }

  /** Whether the pixel is on the source's side of the cut. @param {number} pixel */
  isSource(pixel) {
    return this.#tree[pixel] === SOURCE;
  }

  /** Finds the cut; hands back control every now and then. @returns {Generator<void, void>} */
  *solve() {
    this.#plant();
    let work = 0;
    while (this.#head !== this.#tail) {
      const pixel = /** @type {number} */ (this.#queue[this.#head]);
      const step = this.#tree[pixel] === FREE ? -1 : this.#grow(pixel);
      if (step < 0) {
        this.#head = (this.#head + 1) % this.#queue.length;
        this.#queued[pixel] = 0;
      } else {
        this.#time += 1;
        this.#augment(pixel, step);
        this.#adopt();
      }
      if (++work % SLICE === 0) yield;
    }
  }

  /** Roots of the trees are the pixels that the terminals reach. */
  #plant() {
    for (let pixel = 0; pixel < this.#terminal.length; pixel++) {
      const left = this.#terminal[pixel] ?? 0;
      if (left === 0) continue;
      this.#tree[pixel] = left > 0 ? SOURCE : SINK;
      this.#parent[pixel] = TERMINAL;
      this.#distance[pixel] = 1;
      this.#activate(pixel);
    }
  }

  /** @param {number} pixel */
  #activate(pixel) {
    if (this.#queued[pixel]) return;
    this.#queued[pixel] = 1;
    this.#queue[this.#tail] = pixel;
    this.#tail = (this.#tail + 1) % this.#queue.length;
  }

  /** Takes free neighbours into the tree. @param {number} pixel @returns {number} the step to the other tree, or -1 */
  #grow(pixel) {
    const mine = /** @type {number} */ (this.#tree[pixel]);
    for (let step = 0; step < 8; step++) {
      const other = this.#links.neighbour(pixel, step);
      if (this.#room(mine, pixel, other, step) === 0) continue;
      if (this.#tree[other] === FREE) this.#attach(other, pixel, step, mine);
      else if (this.#tree[other] !== mine) return step;
      else if (at(this.#stamp, other) <= at(this.#stamp, pixel) && at(this.#distance, other) > at(this.#distance, pixel)) {
        this.#parent[other] = step ^ 1;
        this.#stamp[other] = at(this.#stamp, pixel);
        this.#distance[other] = at(this.#distance, pixel) + 1;
      }
    }
    return -1;
  }

  /** @param {number} other @param {number} pixel @param {number} step @param {number} tree */
  #attach(other, pixel, step, tree) {
    this.#tree[other] = tree;
    this.#parent[other] = step ^ 1;
    this.#stamp[other] = at(this.#stamp, pixel);
    this.#distance[other] = at(this.#distance, pixel) + 1;
    this.#activate(other);
  }

  /** What can flow between a pixel of a tree and its neighbour, away from the source. @param {number} tree @param {number} pixel @param {number} other @param {number} step */
  #room(tree, pixel, other, step) {
    return tree === SOURCE ? this.#links.room(pixel, step) : this.#links.room(other, step ^ 1);
  }

  /** Fills the path through the link between the trees. @param {number} pixel @param {number} step */
  #augment(pixel, step) {
    const other = this.#links.neighbour(pixel, step);
    const [near, far, way] = this.#tree[pixel] === SOURCE ? [pixel, other, step] : [other, pixel, step ^ 1];
    const flow = Math.min(this.#links.room(near, way), this.#narrowest(near, SOURCE), this.#narrowest(far, SINK));
    this.#links.carry(near, way, flow);
    this.#fill(near, SOURCE, flow);
    this.#fill(far, SINK, flow);
  }

  /** @param {number} pixel @param {number} tree */
  #narrowest(pixel, tree) {
    let least = Infinity;
    let way = at(this.#parent, pixel);
    while (way !== TERMINAL) {
      const parent = this.#links.neighbour(pixel, way);
      least = Math.min(least, this.#room(tree, parent, pixel, way ^ 1));
      pixel = parent;
      way = at(this.#parent, pixel);
    }
    return Math.min(least, Math.abs(at(this.#terminal, pixel)));
  }

  /** @param {number} pixel @param {number} tree @param {number} flow */
  #fill(pixel, tree, flow) {
    let way = at(this.#parent, pixel);
    while (way !== TERMINAL) {
      const parent = this.#links.neighbour(pixel, way);
      if (tree === SOURCE) this.#links.carry(parent, way ^ 1, flow);
      else this.#links.carry(pixel, way, flow);
      if (this.#room(tree, parent, pixel, way ^ 1) === 0) this.#orphan(pixel);
      pixel = parent;
      way = at(this.#parent, pixel);
    }
    this.#terminal[pixel] = at(this.#terminal, pixel) + (tree === SOURCE ? -flow : flow);
    if (this.#terminal[pixel] === 0) this.#orphan(pixel);
  }

  /** @param {number} pixel */
  #orphan(pixel) {
    this.#parent[pixel] = ORPHAN;
    this.#orphans.push(pixel);
  }

  #adopt() {
    for (let next = 0; next < this.#orphans.length; next++) {
      const pixel = at(this.#orphans, next);
      const tree = at(this.#tree, pixel);
      this.#parent[pixel] = this.#newParent(pixel, tree);
      if (this.#parent[pixel] === ORPHAN) this.#release(pixel, tree);
    }
    this.#orphans = [];
  }

  /** The way to the nearest neighbour that still hangs on the terminal. @param {number} pixel @param {number} tree */
  #newParent(pixel, tree) {
    let [best, shortest] = [ORPHAN, Infinity];
    for (let step = 0; step < 8; step++) {
      const other = this.#links.neighbour(pixel, step);
      if (this.#tree[other] !== tree || this.#room(tree, other, pixel, step ^ 1) === 0) continue;
      const distance = this.#rootDistance(other);
      if (distance < shortest) [best, shortest] = [step, distance];
    }
    if (best !== ORPHAN) {
      this.#stamp[pixel] = this.#time;
      this.#distance[pixel] = shortest + 1;
    }
    return best;
  }

  /** How far the root is, or infinity below an orphan; marks the way, so that it is walked once. @param {number} pixel */
  #rootDistance(pixel) {
    let [steps, walker] = [0, pixel];
    while (at(this.#stamp, walker) !== this.#time) {
      const way = at(this.#parent, walker);
      if (way === ORPHAN) return Infinity;
      if (way === TERMINAL) {
        this.#stamp[walker] = this.#time;
        this.#distance[walker] = 1;
        break;
      }
      steps += 1;
      walker = this.#links.neighbour(walker, way);
    }
    const total = steps + at(this.#distance, walker);
    walker = pixel;
    for (let left = total; at(this.#stamp, walker) !== this.#time; left--) {
      this.#stamp[walker] = this.#time;
      this.#distance[walker] = left;
      walker = this.#links.neighbour(walker, at(this.#parent, walker));
    }
    return total;
  }

  /** Leaves the tree; its neighbours may take it again, its children look for parents. @param {number} pixel @param {number} tree */
  #release(pixel, tree) {
    for (let step = 0; step < 8; step++) {
      const other = this.#links.neighbour(pixel, step);
      if (this.#tree[other] !== tree) continue;
      if (this.#room(tree, other, pixel, step ^ 1) > 0) this.#activate(other);
      if (this.#parent[other] === (step ^ 1)) this.#orphan(other);
    }
    this.#tree[pixel] = FREE;
  }
}

/**
 * @template T
 * @param {{readonly [index: number]: T}} list
 * @param {number} index inside the list
 * @returns {T}
 */
function at(list, index) {
  return /** @type {T} */ (list[index]);
}
