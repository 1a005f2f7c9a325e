// @ts-check
/** @import { Classifier } from "./classifier.js" */

/** Gives a label to what is selected, or to the image in front. @param {Classifier} page @param {string} label */
export function choose(page, label) {
  const ids = targets(page);
  const outcome = page.sheet.apply(label, ids);
  page.recents.use(label);
  page.labels.recent = page.recents.order;
  tell(page, outcome, page.labels.name(label), ids);
  if (page.sheet.mode === "multiclass") goOn(page, ids, (able) => page.sheet.missing(able));
}

/** Says that no label fits. @param {Classifier} page */
export function declareEmpty(page) {
  const ids = targets(page);
  tell(page, page.sheet.declareEmpty(ids), "None of these", ids);
}

/** Confirms what is suggested for the selected images, or for the one in focus, and goes to the next that has suggestions. @param {Classifier} page */
export function confirmHere(page) {
  const ids = page.sheet.suggested(page.chosen());
  page.sheet.confirm(ids);
  goOn(page, ids, (able) => page.sheet.suggested(able), true);
}

/** Confirms every suggestion of the page. @param {Classifier} page */
export function confirmAll(page) {
  const ids = page.sheet.suggested(page.able());
  page.sheet.confirm(ids);
  page.ui.say(ids.length === 1 ? "1 suggestion confirmed." : `${ids.length} suggestions confirmed.`);
}

/**
 * After the image in focus was done, the next one comes that waits for something.
 * @param {Classifier} page
 * @param {readonly string[]} done
 * @param {(able: string[]) => string[]} waiting
 * @param {boolean} [always] in a grid, too
 */
export function goOn(page, done, waiting, always = false) {
  const { focus, fronted, page: ids } = page.sheet;
  if (done.length !== 1 || done[0] !== focus || !(always || fronted) || page.habits["advance"] === false) return;
  const able = new Set(page.able());
  const from = ids.indexOf(focus) + 1;
  const next = waiting([...ids.slice(from), ...ids.slice(0, from)].filter((id) => able.has(id)))[0];
  if (!next) return;
  page.sheet.setFocus(next);
  page.ui.focusStage();
}

/** @param {Classifier} page */
function targets(page) {
  const able = new Set(page.able());
  return page.sheet.targets().filter((id) => able.has(id));
}

/** @param {Classifier} page @param {"added" | "removed" | "nobody"} outcome @param {string} name @param {readonly string[]} ids */
function tell(page, outcome, name, ids) {
  const many = ids.length === 1 ? "1 image" : `${ids.length} images`;
  if (outcome === "nobody") page.ui.say("Select at least one image first.");
  else page.ui.say(outcome === "added" ? `${name}: ${many}` : `${name} taken off ${many}`);
}
