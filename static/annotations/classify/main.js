// @ts-check
import { Api } from "../../editor/api.js";
import { CommentBook } from "../../editor/comments.js";
import { Keymap, belongsToFocus, chord } from "../../editor/keymap.js";
import { Input, focusOf } from "../../editor/input.js";
import { keepLook } from "../../editor/look.js";
import { Bar } from "../../editor/panel/bar.js";
import { wireButtons } from "../../editor/panel/buttons.js";
import { Comments } from "../../editor/panel/comments.js";
import { openDialog, wireClosing, wireConflict, wireSkip } from "../../editor/panel/dialogs.js";
import { part, setText } from "../../editor/panel/dom.js";
import { KeysDialog } from "../../editor/panel/keys.js";
import { LabelTree } from "../../editor/panel/labels.js";
import { Minimap } from "../../editor/panel/minimap.js";
import { browserClock, closeDrawer, csrfToken, deskName, openPreferences, openVault, readBootstrap, togglePanel, watchPage } from "../../editor/panel/page.js";
import { hushOldWords, say, showEmptyDesk, showStage } from "../../editor/panel/stage.js";
import { claimDesk } from "../../editor/panel/tabs.js";
import { ViewPanel } from "../../editor/panel/view.js";
import { WindowPanel, windowOptions } from "../../editor/panel/window.js";
import { Pictures } from "../../editor/render/picture.js";
import { connect } from "../../editor/server.js";
import { isDicom } from "../../editor/windowing.js";
import { Classifier } from "./classifier.js";
import { COMMANDS } from "./commands.js";
import { choose } from "./labelling.js";
import { selectByBand } from "./panel/band.js";
import { Front } from "./panel/front.js";
import { Grid } from "./panel/grid.js";
import { QuickLabels } from "./panel/quick.js";
import { tintGrid } from "./panel/tint.js";

const bootstrap = readBootstrap();
const keymap = new Keymap(COMMANDS);
const api = new Api(csrfToken);
const server = connect(api, bootstrap.urls);
const preferences = openPreferences(bootstrap, api);
const tiles = part("grid");

await claimDesk(deskName(bootstrap), { give: () => page.desk.leave(), leave: () => location.assign(bootstrap.urls.leave) });

/** Puts the focus on the image in front. */
function focusStage() {
  refreshFront();
  if (page.layout === 1) front.focus();
  else grid.focus();
}

const page = new Classifier({
  bootstrap, clock: browserClock, storage: localStorage, vault: await openVault(bootstrap), server, preferences,
  ui: {
    say: (message, urgent = false) => say(message, urgent),
    hush: hushOldWords,
    open: (name) => {
      if (name === "skip") nameSkip();
      openDialog(name, focusStage);
    },
    searchLabels: () => {
      togglePanel("right", true);
      part("side-tabs").querySelector("button")?.click();
      tree.focusSearch();
    },
    focusStage,
    togglePanel: (side) => (side === "view" ? viewPanel.toggle() : side === "dicom" ? windowPanel.toggle() : togglePanel(side)),
    leave: () => void page.desk.leave().then(() => location.assign(bootstrap.urls.leave)),
    columns: () => grid.columns(),
  },
});
const { viewer } = page;
page.labels.wear(preferences.get("palette") ?? "project");
keepLook(viewer.session, preferences, bootstrap.project.code);
const pictures = new Pictures(csrfToken);
const grid = new Grid(page, tiles);
const front = new Front(page, pictures);
selectByBand(page, tiles);
tintGrid(tiles, viewer.session);
new Input(viewer, part("stage"), null);
const viewPanel = new ViewPanel(viewer, focusStage);
const windowPanel = new WindowPanel(viewer, front);
part("front-window").append(...windowOptions(viewer).map(({ content }) => content));
new Minimap(viewer, front);
viewer.lingered.on((entry) => setText(part("comment-image"), entry?.task.image.name ?? ""));
new Comments({ ...viewer, opened: viewer.lingered }, new CommentBook(server));
const tree = new LabelTree({
  labels: page.labels, list: part("labels"), search: /** @type {HTMLInputElement} */ (part("label-search")),
  choose: (code) => choose(page, code),
  leave: () => {
    closeDrawer();
    focusStage();
  },
  count: (code) => page.sheet.count(code),
  chosen: shared,
});
const quick = new QuickLabels(page, part("quick"), shared);
const refreshButtons = wireButtons(page, keymap, { pressed, focusBack: focusStage });
const bar = new Bar(page.desk, () => page.front, false);
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
  const [first, ...rest] = page.sheet.targets().map((id) => page.sheet.answer(id).labels);
  return new Set((first ?? []).filter((label) => rest.every((labels) => labels.includes(label))));
}

/** @param {string} id */
function pressed(id) {
  if (id.startsWith("layout.")) return id === "layout.advance" ? page.habits["advance"] !== false : id === `layout.${page.layout}`;
  if (id === "label.letters") return page.habits["letters"] === true;
  if (id === "view.mirror") return viewer.viewport.view.flip;
  if (id === "tool.window") return viewer.session.state.tool === "window";
  const able = page.able();
  return id === "select.all" ? able.length > 0 && able.every((code) => page.sheet.selection.has(code)) : null;
}

/** The dialog says how many images it is about. */
function nameSkip() {
  const count = page.chosen().length;
  const title = document.getElementById("skip-title");
  if (title) setText(title, count === 1 ? "Skip this image" : `Skip ${count} images`);
}

function refreshFront() {
  part("sheet").dataset["layout"] = page.layout === "film" ? "film" : page.layout === 1 ? "one" : "grid";
  front.refresh();
}

/** Counts and what can be done with them. */
function showCounts() {
  const able = page.able();
  const left = page.sheet.missing(able).length;
  const suggested = page.sheet.suggested(able).length;
  setText(part("progress"), able.length ? `${able.length - left} of ${able.length} labelled` : "");
  setText(part("chosen"), page.sheet.selection.size ? `${page.sheet.selection.size} selected` : "");
  part("suggestions").hidden = suggested === 0;
  setText(part("suggested"), `${suggested} to confirm`);
  part("submit").setAttribute("aria-disabled", String(!page.complete));
  part("submit").classList.toggle("is-ready", page.complete);
  part("dicom-notice").hidden = !page.entries.some(({ task }) => isDicom(task.image));
}

let due = false;
/** The controls follow once per frame. */
function refresh() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    refreshFront();
    refreshButtons();
    tree.refresh();
    quick.refresh();
    bar.refresh();
    showCounts();
    part("zoom").textContent = `${Math.round(viewer.viewport.view.scale * 100)} %`;
    if (page.entries.length > 0) showStage("ready");
    else showEmptyDesk(page.desk.pager, bootstrap.project.paused);
  });
}

/** The command behind a key; while letters search labels, letter commands take Shift. @param {string} name */
function commandFor(name) {
  const letter = page.habits["letters"] === true ? /^Shift\+([A-Z])$/.exec(name)?.[1] : undefined;
  return keymap.find(name, page) ?? (letter ? keymap.find(letter, page) : null);
}

document.addEventListener("keydown", (event) => {
  page.desk.activity.touch();
  const name = chord(event);
  const focus = focusOf(event.target);
  const onTile = event.target instanceof Element && event.target.matches(".tile-main") && !focus.dialog;
  if (event.isComposing || (!onTile && belongsToFocus(focus, name))) return;
  if (page.habits["letters"] === true && /^\p{L}$/u.test(name)) return page.ui.searchLabels(); // which the letter then goes into
  const command = commandFor(name);
  if (!command || (event.repeat && !command.repeat)) return;
  event.preventDefault();
  command.run(page);
});

page.sheet.changed.on(refresh);
page.desk.changed.on(refresh);
page.desk.pager.changed.on(refresh);
viewer.viewport.changed.on(refresh);
viewer.session.changed.on(refresh);
page.desk.news.on((message) => say(message, true));
page.desk.sync.conflicted.on(() => openDialog("conflict", focusStage));
page.desk.pager.taken.on((entries) => {
  for (const { task } of entries) if (!task.image.tiles_url) new Image().src = task.image.url;
});
part("retry").addEventListener("click", () => void page.desk.pager.advance());
for (const kind of ["visibilitychange", "pagehide"]) window.addEventListener(kind, () => page.book(), { capture: true });

watchPage(page.desk);
if (bootstrap.project.paused) showEmptyDesk(page.desk.pager, true);
else void page.desk.start(bootstrap.page).then(focusStage);
