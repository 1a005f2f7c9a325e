// A classification page without a browser: a server that hands out tasks, labels with keys, a clock that runs when told.
import { Classifier } from "../../../static/annotations/classify/classifier.js";
import { Preferences } from "../../../static/editor/preferences.js";
import { FakeClock, FakeStorage, vaultIn } from "../editor/support.js";

export const LABELS = ["cat", "dog", "cow"].map((code, index) => ({ code, name: code, path: code, parent: null, depth: 0, colour: "#123456", hotkey: String(index + 1), description: "" }));

/** A page of `size` images of `count`; `page.log` has what was sent and said. */
export async function classifier(type, { count = 12, size = 4, habits = {}, storage = new FakeStorage(), task = {} } = {}) {
  const clock = new FakeClock();
  const log = { submitted: [], said: [], preferences: [], focused: 0, hushed: 0 };
  const lease = (index) => ({ token: `l${index}`, expires_at: new Date(clock.now() + 900_000).toISOString() });
  const tasks = Array.from({ length: count }, (_, index) => ({
    code: `t${index}`, lease: lease(index), kind: "manual",
    image: { code: `i${index}`, name: `${index}.jpg`, url: "", thumbnail_url: "", width: 400, height: 300, details: { Modality: "CT" } },
    prelabel: null, prelabel_confidence: null, draft: null, rejection_note: "", ...task,
  }));
  const done = new Set();
  const handOut = (number, exclude) => {
    const free = tasks.filter(({ code }) => !done.has(code) && !exclude.includes(code)).slice(0, number);
    return { tasks: structuredClone(free), reason: free.length ? null : "finished", remaining: count - done.size };
  };
  const server = {
    lease: async (number, exclude) => handOut(number, exclude),
    submit: async ({ items }) => {
      log.submitted.push(...items);
      for (const item of items) done.add(item.task);
      return { results: items.map(({ task: code }) => ({ task: code, outcome: "submitted", annotation: `a-${code}`, version: 1 })), next: null };
    },
    saveDraft: async (_, { version }) => ({ version: (version ?? 0) + 1, saved_at: "" }),
    changeDraft: async (_, { version }) => ({ version: version + 1, saved_at: "" }),
    heartbeat: async () => ({ leases: [], lost: [] }),
    release: async () => null,
    clockOffset: () => 0,
  };
  const ui = { say: (words) => log.said.push(words), hush: () => log.hushed++, open() {}, searchLabels() {}, focusStage: () => log.focused++, togglePanel() {}, leave() {}, columns: () => 2 };
  const preferences = new Preferences({ layout: habits }, { send: async (patch) => log.preferences.push(patch), clock });
  const bootstrap = {
    project: { code: "p", name: "P", task_type: type, paused: false, instructions_html: "", instructions_url: "" }, labels: LABELS,
    page: handOut(size, []), page_sizes: [1, 4, 6, 9], page_size: size, user: { name: "Lou" }, draft_seconds: 2, heartbeat_seconds: 60, urls: {},
  };
  const page = new Classifier({ bootstrap, server, clock, storage, vault: await vaultIn(storage), preferences, ui });
  await page.desk.start(bootstrap.page);
  await clock.run(0);
  return Object.assign(page, { clock, log, storage });
}
