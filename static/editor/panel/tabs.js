// @ts-check
import { part, setText } from "./dom.js";

const PATIENCE = 4000;

/**
 * @typedef {{give: () => Promise<void>, leave: () => void}} Tenant `give` saves everything before another tab takes over
 */

/**
 * Waits until no other tab of this person works in the project, and gives way when one asks to. Two tabs would be handed the
 * same images and overwrite each other.
 * @param {string} name of the person and the project
 * @param {Tenant} tenant
 */
export async function claimDesk(name, tenant) {
  if (!navigator.locks) return; // a page without TLS; the server still refuses to overwrite a newer draft
  const channel = new BroadcastChannel(name);
  const lost = () => ask("You went on in another tab", "What you did here is saved. One tab at a time can label this project.");
  const release = await hold(name, { ifAvailable: true }, lost);
  if (!release) {
    ask("This project is open in another tab", "Work there, or go on here: what you did there is saved first.");
    wire(tenant, () => takeOver(name, channel));
    return new Promise(() => {}); // this page has no work to do
  }
  channel.addEventListener("message", async () => {
    lost();
    await tenant.give();
    release();
  });
  wire(tenant, () => takeOver(name, channel));
}

/**
 * @param {string} name
 * @param {LockOptions} options
 * @param {() => void} lost the lock was taken away
 * @returns {Promise<(() => void) | null>} gives the lock back; `null` if another tab has it
 */
function hold(name, options, lost) {
  return new Promise((resolve) => {
    const held = navigator.locks.request(name, options, (lock) => (lock ? new Promise((release) => resolve(() => release(null))) : resolve(null)));
    held.catch(lost);
  });
}

/** Asks the other tab to give way; one that does not answer is passed over. @param {string} name @param {BroadcastChannel} channel */
async function takeOver(name, channel) {
  channel.postMessage("take");
  const patience = AbortSignal.timeout(PATIENCE);
  await navigator.locks.request(name, { signal: patience }, () => null).catch(() => navigator.locks.request(name, { steal: true }, () => null));
  location.reload();
}

/** @param {string} title @param {string} words */
function ask(title, words) {
  const box = /** @type {HTMLDialogElement} */ (part("tabs"));
  setText(part("tabs-title"), title);
  setText(part("tabs-words"), words);
  if (!box.open) box.showModal();
}

/** @param {Tenant} tenant @param {() => void} take */
function wire({ leave }, take) {
  part("tabs").addEventListener("cancel", (event) => event.preventDefault());
  part("tabs-take").addEventListener("click", take, { once: true });
  part("tabs-leave").addEventListener("click", leave, { once: true });
}
