// @ts-check
import { Api } from "../../editor/api.js";
import { Keymap, belongsToFocus, chord } from "../../editor/keymap.js";
import { focusOf } from "../../editor/input.js";
import { Bar } from "../../editor/panel/bar.js";
import { wireButtons } from "../../editor/panel/buttons.js";
import { openDialog, wireClosing, wireConflict, wireSkip } from "../../editor/panel/dialogs.js";
import { part, setText } from "../../editor/panel/dom.js";
import { KeysDialog } from "../../editor/panel/keys.js";
import { LabelTree } from "../../editor/panel/labels.js";
import { browserClock, closeDrawer, csrfToken, deskName, openPreferences, openVault, readBootstrap, togglePanel, watchPage } from "../../editor/panel/page.js";
import { say, showEmptyDesk, showStage } from "../../editor/panel/stage.js";
import { claimDesk } from "../../editor/panel/tabs.js";
import { connect } from "../../editor/server.js";
import { Classifier } from "./classifier.js";
import { COMMANDS } from "./commands.js";
import { Grid } from "./grid.js";
import { largeView } from "./zoom.js";

const bootstrap = readBootstrap();
const keymap = new Keymap(COMMANDS);
const api = new Api(csrfToken);
const preferences = openPreferences(bootstrap, api);

await claimDesk(deskName(bootstrap), { give: () => page.desk.leave(), leave: () => location.assign(bootstrap.urls.leave) });

const page = new Classifier({
  bootstrap, clock: browserClock, storage: localStorage, vault: await openVault(bootstrap), server: connect(api, bootstrap.urls),
  ui: {
    say: (message, urgent = false) => say(message, urgent),
    open: (name) => openDialog(name, () => grid.focus()),
    searchLabels: () => {
      togglePanel("right", true);
      tree.focusSearch();
    },
    focusTile: () => grid.focus(),
    zoom: (id) => zoom(id),
    togglePanel,
    leave: () => void page.desk.leave().then(() => location.assign(bootstrap.urls.leave)),
    columns: () => grid.columns(),
  },
});
page.labels.wear(preferences.get("palette") ?? "project");
const grid = new Grid(page, part("grid"));
const zoom = largeView(page, () => grid.focus());
const tree = new LabelTree({
  labels: page.labels, list: part("labels"), search: /** @type {HTMLInputElement} */ (part("label-search")),
  choose: (code) => page.choose(code),
  leave: () => {
    closeDrawer();
    grid.focus();
  },
  count: (code) => page.sheet.count(code),
  chosen: () => new Set(shared()),
});
const refreshButtons = wireButtons(page, keymap, { pressed, focusBack: () => grid.focus() });
const bar = new Bar(page.desk, () => page.entries.find((entry) => entry.task.code === page.sheet.focus) ?? null, false);
new KeysDialog(keymap, preferences, (id) => {
  const key = /^label\.(\d)$/.exec(id)?.[1];
  return key ? (page.labels.byKey(key)?.path ?? "") : null;
});
wireClosing();
wireSkip((reason) => page.skip(reason));
wireConflict((choice) => {
  const task = page.desk.sync.conflict();
  if (task) page.desk.sync.resolve(task, choice);
});

/** The labels that all images acted upon have in common. */
function shared() {
  const ids = page.sheet.targets();
  const [first, ...rest] = ids.map((id) => page.sheet.answer(id).labels);
  return (first ?? []).filter((label) => rest.every((labels) => labels.includes(label)));
}

/** @param {string} id */
function pressed(id) {
  if (id.startsWith("layout.")) return id === `layout.${page.desk.pager.size}`;
  const able = page.able();
  return id === "select.all" ? able.length > 0 && able.every((code) => page.sheet.selection.has(code)) : null;
}

let due = false;
/** The controls follow once per frame. */
function refresh() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    const able = page.able();
    const left = page.sheet.missing(able).length;
    refreshButtons();
    tree.refresh();
    bar.refresh();
    const suggestions = page.sheet.suggested(able).length;
    setText(part("progress"), able.length ? `${able.length - left} of ${able.length} labelled` : "");
    setText(part("chosen"), page.sheet.selection.size ? `${page.sheet.selection.size} selected` : "");
    part("confirm").hidden = suggestions === 0;
    const submit = part("submit");
    submit.setAttribute("aria-disabled", String(!page.complete));
    submit.classList.toggle("is-ready", page.complete);
    if (page.entries.length > 0) showStage("ready");
    else showEmptyDesk(page.desk.pager, bootstrap.project.paused);
  });
}

document.addEventListener("keydown", (event) => {
  page.desk.activity.touch();
  const name = chord(event);
  const focus = focusOf(event.target);
  const onTile = event.target instanceof Element && event.target.matches(".tile-main") && !focus.dialog;
  if (event.isComposing || (!onTile && belongsToFocus(focus, name))) return;
  const command = keymap.find(name, page);
  if (!command || (event.repeat && !command.repeat)) return;
  event.preventDefault();
  command.run(page);
});

page.sheet.changed.on(refresh);
page.desk.changed.on(refresh);
page.desk.pager.changed.on(refresh);
page.desk.news.on((message) => say(message, true));
page.desk.sync.conflicted.on(() => openDialog("conflict", () => grid.focus()));
page.desk.pager.taken.on((entries) => {
  for (const { task } of entries) new Image().src = task.image.url;
});
part("retry").addEventListener("click", () => void page.desk.pager.advance());

watchPage(page.desk);
if (bootstrap.project.paused) showEmptyDesk(page.desk.pager, true);
else void page.desk.start(bootstrap.page).then(() => grid.focus());
