import assert from "node:assert/strict";
import test from "node:test";
import { History, step } from "../../../static/editor/history.js";
import { Store, invert } from "../../../static/editor/store.js";
import { seeded } from "./support.js";

const snapshot = (store) => JSON.stringify([...store.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));

/** Random transactions of several puts each, some rolled back. */
function play(random, store, history, steps) {
  const states = [snapshot(store)];
  for (let turn = 0; turn < steps; turn++) {
    history.begin();
    for (let put = 0; put < 1 + random() * 5; put++) {
      const id = `r${Math.floor(random() * 12)}`;
      history.put(id, random() < 0.3 ? null : { id, value: Math.floor(random() * 6) });
    }
    if (random() < 0.2) history.rollback();
    else if (history.commit()) states.push(snapshot(store));
    assert.equal(snapshot(store), states.at(-1));
  }
  return states;
}

test("undo walks back through every committed state and redo forward again", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const store = new Store();
    const history = new History(store);
    const states = play(seeded(seed), store, history, 40);
    for (const state of states.slice(0, -1).reverse()) {
      history.undo();
      assert.equal(snapshot(store), state);
    }
    assert.equal(history.canUndo, false);
    for (const state of states.slice(1)) {
      history.redo();
      assert.equal(snapshot(store), state);
    }
    assert.equal(history.canRedo, false);
  }
});

test("a diff followed by its inverse changes nothing", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const store = new Store([{ id: "r1", value: 1 }, { id: "r2", value: 2 }]);
    const history = new History(store);
    const before = snapshot(store);
    const diffs = [];
    history.committed.on((diff) => diffs.push(diff));
    play(seeded(seed), store, history, 10);
    for (const diff of diffs.reverse()) store.apply(invert(diff), "remote");
    assert.equal(snapshot(store), before);
  }
});

test("one gesture is one step, however many puts it has", () => {
  const store = new Store([{ id: "a", value: 0 }]);
  const history = new History(store);
  history.begin();
  for (let value = 1; value <= 100; value++) history.put("a", { id: "a", value });
  history.commit();
  history.undo();
  assert.deepEqual(store.get("a"), { id: "a", value: 0 });
  assert.equal(history.canUndo, false);
});

test("a gesture that ends where it began leaves no step", () => {
  const store = new Store([{ id: "a", value: 0 }]);
  const history = new History(store);
  history.begin();
  history.put("a", { id: "a", value: 1 });
  history.put("a", { id: "a", value: 0 });
  assert.equal(history.commit(), null);
  assert.equal(history.canUndo, false);
});

test("a new step forgets what was undone", () => {
  const store = new Store();
  const history = new History(store);
  step(history, (put) => put("a", { id: "a", value: 1 }));
  history.undo();
  step(history, (put) => put("b", { id: "b", value: 1 }));
  assert.equal(history.canRedo, false);
  assert.equal(store.get("a"), undefined);
});

test("an error inside a step takes all of it back", () => {
  const store = new Store();
  const history = new History(store);
  assert.throws(() =>
    step(history, (put) => {
      put("a", { id: "a", value: 1 });
      throw new Error("no");
    }),
  );
  assert.equal(store.size, 0);
  assert.equal(history.open, false);
});

test("undo in the middle of a gesture takes the gesture back first", () => {
  const store = new Store([{ id: "a", value: 0 }]);
  const history = new History(store);
  step(history, (put) => put("a", { id: "a", value: 1 }));
  history.begin();
  history.put("a", { id: "a", value: 9 });
  history.undo();
  assert.deepEqual(store.get("a"), { id: "a", value: 0 });
});

test("remote changes are never recorded", () => {
  const store = new Store();
  const history = new History(store);
  store.apply(new Map([["a", [null, { id: "a", value: 1 }]]]), "remote");
  assert.equal(history.canUndo, false);
});

test("stored items cannot be changed behind the store's back", () => {
  const store = new Store([{ id: "a", value: 0 }]);
  assert.throws(() => {
    store.get("a").value = 1;
  }, TypeError);
});

test("difference names exactly what changed", () => {
  const store = new Store([{ id: "a", value: 0 }, { id: "b", value: 0 }]);
  const diff = store.difference([{ id: "a", value: 0 }, { id: "c", value: 3 }]);
  assert.deepEqual([...diff], [["c", [null, { id: "c", value: 3 }]], ["b", [{ id: "b", value: 0 }, null]]]);
});
