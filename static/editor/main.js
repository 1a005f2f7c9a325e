// @ts-check
import { Api } from "./api.js";
import { COMMANDS } from "./commands.js";
import { chooseLabel } from "./commands/page.js";
import { CommentBook } from "./comments.js";
import { Editor } from "./editor.js";
import { Input } from "./input.js";
import { Keymap } from "./keymap.js";
import { keepLook } from "./look.js";
import { Bar } from "./panel/bar.js";
import { wireButtons } from "./panel/buttons.js";
import { openDialog, wireClosing, wireConflict, wireSkip } from "./panel/dialogs.js";
import { element, part, recolour, setText, swatch } from "./panel/dom.js";
import { KeysDialog } from "./panel/keys.js";
import { LabelTree } from "./panel/labels.js";
import { Minimap } from "./panel/minimap.js";
import { makeOptions, showOptions } from "./panel/options.js";
import { browserClock, closeDrawer, csrfToken, deskName, openVault, openPreferences, readBootstrap, togglePanel, watchPage } from "./panel/page.js";
import { polygonPressed } from "./panel/polygons.js";
import { Comments } from "./panel/comments.js";
import { RegionDetail } from "./panel/region-detail.js";
import { RegionList } from "./panel/regions.js";
import { hushOldWords, say, showEmptyDesk, showPreparing, showStage } from "./panel/stage.js";
import { showStrip } from "./panel/strip.js";
import { claimDesk } from "./panel/tabs.js";
import { ViewPanel } from "./panel/view.js";
import { WindowPanel } from "./panel/window.js";
import { Pictures } from "./render/picture.js";
import { Outlines } from "./outline/client.js";
import { pixelsOf } from "./render/pixels.js";
import { Renderer } from "./render/renderer.js";
import { connect } from "./server.js";
/** @import { Entry } from "./pager.js" */

const bootstrap = readBootstrap();
const stage = part("stage");
const keymap = new Keymap(COMMANDS);
const focusStage = () => stage.focus({ preventScroll: true });
/** Whether the label looked for is meant for the selection. */
let relabels = false;
const api = new Api(csrfToken);
const server = connect(api, bootstrap.urls);
const preferences = openPreferences(bootstrap, api);

await claimDesk(deskName(bootstrap), { give: () => editor.desk.leave(), leave: () => location.assign(bootstrap.urls.leave) });

const editor = new Editor({
  bootstrap, server, clock: browserClock, vault: await openVault(bootstrap),
  ui: {
    say: (message, urgent = false) => say(message, urgent),
    open: (name) => openDialog(name, focusStage),
    searchLabels: (relabel = false) => {
      relabels = relabel;
      togglePanel("right", true);
      tree.focusSearch();
    },
    focusRegion: (id, what) => {
      if (what === "row") return regions.focus(id);
      togglePanel("right", true);
      detail.focusNote();
    },
    focusStage,
    togglePanel: (side) => (side === "view" ? viewPanel.toggle() : side === "dicom" ? windowPanel.toggle() : togglePanel(side)),
    leave: () => void editor.desk.leave().then(() => location.assign(bootstrap.urls.leave)),
  },
});

const pictures = new Pictures(csrfToken);
const pictureInFront = () => editor.entry && pictures.get(editor.entry.task.image.code);
editor.finest = () => pictureInFront()?.finest?.(editor.viewport.visible) ?? null;
editor.pixels = () => {
  const picture = pictureInFront();
  return picture ? pixelsOf(picture, editor.scene.size) : null;
};
editor.outlines = new Outlines(() => new Worker(part("frame").dataset["outlines"] ?? "", { type: "module" }));
const renderer = new Renderer(editor, /** @type {HTMLCanvasElement} */ (part("base")), /** @type {HTMLCanvasElement} */ (part("overlay")));
const regions = new RegionList(editor, keymap, part("regions"), part("region-count"));
const detail = new RegionDetail(editor);
new Comments(editor, new CommentBook(server));
const tree = new LabelTree({
  labels: editor.labels, list: part("labels"), search: /** @type {HTMLInputElement} */ (part("label-search")),
  choose: (code) => chooseLabel(editor, code, relabels),
  leave: () => {
    relabels = false;
    closeDrawer();
    focusStage();
  },
  count: (code) => editor.scene.count(code),
  chosen: () => new Set([editor.session.state.label]),
});
showOptions(editor, makeOptions(editor, preferences));
const refreshButtons = wireButtons(editor, keymap, { pressed, focusBack: focusStage });
const bar = new Bar(editor.desk, () => editor.entry, true);
new Input(editor, stage, keymap);
const viewPanel = new ViewPanel(editor, focusStage);
new Minimap(editor, renderer);
const windowPanel = new WindowPanel(editor, renderer);
pictures.preparing.on(({ code, tiling }) => editor.entry?.task.image.code === code && showPreparing(tiling));
editor.session.changed.on((fields) => {
  if (!fields.has("look")) return;
  editor.labels.wear(editor.session.state.look.palette);
  recolour((label) => editor.labels.paint(label));
});
keepLook(editor.session, preferences, bootstrap.project.code);
showStrip(editor, part("strip"));
part("frame").toggleAttribute("data-masks", editor.draws("mask"));
for (const button of document.querySelectorAll("[data-draws]")) {
  /** @type {HTMLElement} */ (button).hidden = !editor.draws(/** @type {"mask"} */ (button.getAttribute("data-draws")));
}
new KeysDialog(keymap, preferences, titleOf);
wireClosing();
wireSkip((reason) => editor.skip(reason));
wireConflict((choice) => {
  const task = editor.desk.sync.conflict();
  if (task) editor.desk.sync.resolve(task, choice);
});

/** @param {string} id */
function pressed(id) {
  if (id === `tool.${editor.session.state.tool}`) return true;
  if (id.startsWith("tool.") && id !== "tool.template-here") return false;
  if (id === "view.mirror") return editor.viewport.view.flip;
  if (id === "region.lock") return editor.session.state.locked !== null;
  if (id === "page.empty") return editor.scene.image.empty && editor.scene.shapes().length === 0;
  return polygonPressed(editor, id);
}

/** What belongs to other task types is no news on the help page; a number key has the name of its label. @param {string} id */
function titleOf(id) {
  const group = keymap.command(id)?.group;
  if (document.querySelector(`[data-draws][hidden][data-command="${id}"]`)) return "";
  if ((group === "Painting" && !editor.draws("mask")) || (group === "Polygons" && !editor.draws("polygon"))) return "";
  const key = /^label\.(\d)$/.exec(id)?.[1];
  return key ? (editor.labels.byKey(key)?.path ?? "") : null;
}

let due = false;
/** Buttons, counts and zoom follow once per frame. */
function refresh() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    refreshButtons();
    tree.refresh();
    part("zoom").textContent = `${Math.round(editor.viewport.view.scale * 100)} %`;
    showActiveLabel();
    part("answered").hidden = !editor.reopenable;
    setText(part("answered-words"), editor.entry?.skipped ? "Skipped." : "Submitted.");
  });
}

/** The label of what is drawn next, where the tree is not in sight. */
function showActiveLabel() {
  const button = part("active-label");
  const { label } = editor.session.state;
  if (button.dataset["label"] === label) return;
  button.dataset["label"] = label;
  button.replaceChildren(swatch(editor.labels.paint(label), label), element("span", { class: "truncate" }, editor.labels.name(label)));
}

/** Shows the picture of the image in front, at once if it is here. @param {Entry | null} entry */
async function showPicture(entry) {
  if (!entry) {
    renderer.show(null);
    return showEmptyDesk(editor.desk.pager, bootstrap.project.paused);
  }
  const ready = pictures.get(entry.task.image.code);
  renderer.show(ready);
  if (ready) return showStage("ready");
  showStage("loading");
  try {
    const picture = await pictures.load(entry.task.image);
    if (editor.entry !== entry) return;
    renderer.show(picture);
    showStage("ready");
  } catch {
    if (editor.entry === entry) showStage("broken", { title: "The image could not be loaded", words: "Try again, or skip it so that somebody looks into it." });
  }
}

/** Whether the message on the stage may be about an image: what was said before the first one, or between two, may stay. */
let inSight = false;
editor.opened.on((entry) => {
  if (inSight) hushOldWords();
  inSight = entry !== null;
  bar.refresh();
  void showPicture(entry);
  refresh();
});
editor.edited.on(refresh);
editor.session.changed.on(refresh);
editor.viewport.changed.on(refresh);
editor.desk.changed.on(refresh);
editor.desk.news.on((message) => say(message, true));
editor.desk.sync.conflicted.on(() => openDialog("conflict", focusStage));
editor.desk.pager.changed.on(() => {
  if (!editor.entry) void showPicture(null);
});
editor.desk.pager.taken.on((entries) => entries.forEach(({ task }) => void pictures.load(task.image).catch(() => {})));
part("active-label").addEventListener("click", () => togglePanel("right", true));
part("retry").addEventListener("click", () => void (editor.entry ? showPicture(editor.entry) : editor.desk.pager.advance()));

new ResizeObserver(([box]) => box && renderer.resize(box.contentRect.width, box.contentRect.height)).observe(stage);
watchPage(editor.desk);
focusStage();
if (bootstrap.project.paused) showEmptyDesk(editor.desk.pager, true);
else void editor.desk.start(bootstrap.page);
