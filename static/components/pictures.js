// @ts-check
/**
 * Pictures that are still being made: a job cuts images of more than 50 megapixels, and until then the server answers 503.
 * The place around such an `<img>` gets `data-picture="preparing"`, which css/components/pictures.css says in words, and the
 * picture comes by itself. `data-picture="broken"` is what cannot be had at all.
 */

/** Milliseconds between two questions, where the server names none. */
const AGAIN = 4000;
/** Pictures that are asked after. @type {Set<HTMLImageElement>} */
const waiting = new Set();
/** Addresses that were fetched again because the server has the picture. @type {Set<string>} */
const given = new Set();

/** @param {HTMLImageElement} picture @param {"preparing" | "broken" | null} state */
function mark({ parentElement: place }, state) {
  if (!place) return;
  if (state) place.dataset["picture"] = state;
  else delete place.dataset["picture"];
}

/** An `<img>` cannot tell why it failed, so the address is asked. @param {HTMLImageElement} picture */
async function askAfter(picture) {
  if (waiting.has(picture)) return;
  if (new URL(picture.src, location.href).origin !== location.origin) return mark(picture, "broken");
  waiting.add(picture);
  const { src } = picture;
  try {
    for (;;) {
      const answer = await fetch(src, { method: "HEAD", credentials: "same-origin" });
      if (!picture.isConnected || picture.src !== src) return;
      if (answer.status !== 503) return settle(picture, answer.ok && !given.has(src));
      mark(picture, "preparing");
      await pause(1000 * Number(answer.headers.get("Retry-After")) || AGAIN);
      if (!picture.isConnected || picture.src !== src) return;
    }
  } catch {
    mark(picture, "broken"); // without a network
  } finally {
    waiting.delete(picture);
  }
}

/** Fetches a picture that is there by now; one that was fetched twice and still shows nothing is broken. @param {HTMLImageElement} picture @param {boolean} there */
function settle(picture, there) {
  if (!there) return mark(picture, "broken");
  const { src } = picture;
  given.add(src);
  picture.src = src;
}

/** Nobody looks at a hidden page, so it waits. @param {number} milliseconds */
async function pause(milliseconds) {
  await new Promise((done) => setTimeout(done, milliseconds));
  if (document.visibilityState === "hidden") await new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));
}

/** @param {EventTarget | null} target @returns {HTMLImageElement | null} */
function pictureOf(target) {
  return target instanceof HTMLImageElement && target.currentSrc !== "" ? target : null;
}

document.addEventListener("error", (event) => {
  const picture = pictureOf(event.target);
  if (picture) void askAfter(picture);
}, true);
document.addEventListener("load", (event) => {
  const picture = pictureOf(event.target);
  if (picture?.parentElement?.dataset["picture"]) mark(picture, null);
}, true);
// Those that failed before this script ran.
for (const picture of document.images) if (picture.complete && picture.naturalWidth === 0 && picture.currentSrc) void askAfter(picture);
