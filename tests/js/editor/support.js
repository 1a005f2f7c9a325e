// Things the editor's tests share: a seeded random, regions, a clock that runs when told, a storage, pointer events.
import { Scene } from "../../../static/editor/scene.js";
import { Session } from "../../../static/editor/session.js";
import { Viewport, toImage } from "../../../static/editor/viewport.js";
import { Vault, textShelf } from "../../../static/editor/vault.js";
import { hitTest } from "../../../static/editor/hit.js";

/** Random numbers from 0 to 1 that repeat for the same seed. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function box(id, x, y, width, height, more = {}) {
  return { id, shape: "box", label: "cat", x, y, width, height, crowd: false, origin: "manual", note: "", z: 1, ...more };
}

export function polygon(id, parts, more = {}) {
  return { id, shape: "polygon", label: "cat", parts, origin: "manual", note: "", z: 1, ...more };
}

export function documentOf(...regions) {
  return { labels: [], regions: regions.map(({ z: _, ...region }) => region), empty: false };
}

/** A bench for tools: a 400 × 300 image at 1:1 on a stage of the same size. */
export function bench(...regions) {
  const scene = new Scene({ width: 400, height: 300 }, documentOf(...regions));
  const session = new Session();
  session.update({ label: "cat" });
  const viewport = new Viewport();
  viewport.resize({ width: 432, height: 332 });
  viewport.show({ width: 400, height: 300 });
  const said = [];
  return { scene, session, viewport, said, say: (message) => said.push(message) };
}

/** A pointer event as `input.js` makes it, at image pixels. */
export function at(desk, x, y, more = {}) {
  const { view } = desk.viewport;
  const screen = { x: x * view.scale + view.x, y: y * view.scale + view.y };
  const point = toImage(view, screen);
  const { selection, hidden, locked } = desk.session.state;
  const hit = hitTest(desk.scene, point, { scale: view.scale, tolerance: 7, selected: selection, hidden, locked });
  return { point, screen, hit, button: 0, mods: { shift: false, alt: false, ctrl: false }, touch: false, ...more };
}

export function drag(tool, desk, from, to, more = {}) {
  tool.down(at(desk, ...from, more));
  tool.move(at(desk, (from[0] + to[0]) / 2, (from[1] + to[1]) / 2, more));
  tool.move(at(desk, ...to, more));
  tool.up(at(desk, ...to, more));
}

/** A clock that stands still until `run` moves it on. */
export class FakeClock {
  #now = 1_000_000;
  #timers = [];
  now = () => this.#now;
  after = (milliseconds, run) => {
    const timer = { at: this.#now + milliseconds, run };
    this.#timers.push(timer);
    return timer;
  };
  cancel = (timer) => {
    this.#timers = this.#timers.filter((other) => other !== timer);
  };

  async run(milliseconds) {
    const end = this.#now + milliseconds;
    for (;;) {
      await settle();
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.cancel(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = end;
    await settle();
  }
}

/** Lets promises that are ready run. */
export async function settle() {
  for (let turn = 0; turn < 12; turn++) await Promise.resolve();
}

export class FakeStorage {
  #entries = new Map();
  full = false;
  getItem = (key) => this.#entries.get(key) ?? null;
  setItem = (key, value) => {
    if (this.full) throw new Error("QuotaExceededError");
    this.#entries.set(key, value);
  };
  removeItem = (key) => void this.#entries.delete(key);
  key = (index) => [...this.#entries.keys()][index] ?? null;
  get length() {
    return this.#entries.size;
  }
  keys = () => [...this.#entries.keys()];
}

/** What one person keeps in a browser for one project. */
export async function vaultIn(storage, owner = "p") {
  return Vault.open(textShelf(storage), owner);
}

/** What the server throws. */
export function failure(status, code, problem = {}) {
  return Object.assign(new Error(code), { status, code, problem, passing: status === 0 || status === 429 || status >= 500, fields: problem.fields ?? {} });
}
