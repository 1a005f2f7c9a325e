// @ts-check
/** Signing out forgets what this browser remembers of drafts that the server has; work it does not have yet waits for its owner. */
import { databaseShelf } from "../editor/vault.js";

/** Nobody waits longer for this, in milliseconds. */
const PATIENCE = 1000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !new URL(form.action).pathname.endsWith("/logout/")) return;
  event.preventDefault();
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  void Promise.race([forget().catch(() => null), late]).then(() => form.submit());
});

async function forget() {
  const shelf = await databaseShelf(indexedDB);
  const texts = await shelf.load("labelwright:");
  await Promise.all(texts.map(([key]) => /:(steps|seconds):/.test(key) && shelf.drop(key)));
}
