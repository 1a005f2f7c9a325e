// @ts-check
/**
 * Menus: native popovers, opened by `popovertarget`, placed beside their button, walked with the arrow keys.
 * Contract: <button popovertarget="id"> and <div id="id" class="menu" role="menu" popover>, items [role^=menuitem].
 */

const GAP_PX = 4;
const MARGIN_PX = 8;

/**
 * Where a menu goes: under its button, start edges aligned; above or end-aligned where there is no room.
 * @param {{left: number, right: number, top: number, bottom: number}} button
 * @param {{width: number, height: number}} menu
 * @param {{width: number, height: number}} page
 * @returns {{left: number, top: number}} pixels from the page's top left corner
 */
export function placeMenu(button, menu, page) {
  const startFits = button.left + menu.width <= page.width - MARGIN_PX;
  const left = startFits ? button.left : button.right - menu.width;
  const below = button.bottom + GAP_PX;
  const above = button.top - GAP_PX - menu.height;
  const top = below + menu.height <= page.height - MARGIN_PX || above < MARGIN_PX ? below : above;
  return {
    left: Math.max(MARGIN_PX, Math.min(left, page.width - menu.width - MARGIN_PX)),
    top: Math.max(MARGIN_PX, Math.min(top, page.height - menu.height - MARGIN_PX)),
  };
}

/** @param {Element} menu @returns {HTMLElement[]} */
function items(menu) {
  /** @type {NodeListOf<HTMLElement>} */
  const found = menu.querySelectorAll('[role^="menuitem"]:not(:disabled, [aria-disabled="true"])');
  return [...found].filter((item) => item.offsetParent !== null);
}

/** @param {HTMLElement} menu */
function opener(menu) {
  return /** @type {HTMLElement | null} */ (document.querySelector(`[popovertarget="${CSS.escape(menu.id)}"]`));
}

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLElement) || !menu.matches(".menu[popover]")) return;
    const button = opener(menu);
    const isOpen = menu.matches(":popover-open");
    button?.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen || !button) return;
    const size = { width: menu.offsetWidth, height: menu.offsetHeight };
    const place = placeMenu(button.getBoundingClientRect(), size, { width: document.documentElement.clientWidth, height: innerHeight });
    menu.style.left = `${place.left}px`;
    menu.style.top = `${place.top}px`;
    if (button.matches(":focus-visible")) items(menu)[0]?.focus();
  },
  true,
);

/**
 * The item a key leads to.
 * @param {string} key @param {number} current index of the focused item, -1 for none @param {number} count
 * @returns {number | null}
 */
export function stepTo(key, current, count) {
  if (count === 0) return null;
  if (key === "ArrowDown") return (current + 1) % count;
  if (key === "ArrowUp") return (Math.max(current, 0) - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}

/** @param {KeyboardEvent} event @param {HTMLElement} menu */
function walk(event, menu) {
  const all = items(menu);
  const current = all.findIndex((item) => item === document.activeElement);
  const next = stepTo(event.key, current, all.length);
  if (next !== null) {
    event.preventDefault();
    all[next]?.focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
  } else if (/^\S$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const letter = event.key.toLowerCase();
    const order = [...all.slice(current + 1), ...all.slice(0, current + 1)];
    order.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
  }
}

document.addEventListener("keydown", (event) => {
  if (!(event.target instanceof HTMLElement)) return;
  const openMenu = event.target.closest(".menu:popover-open");
  if (openMenu instanceof HTMLElement) {
    if (event.target instanceof HTMLInputElement) return;
    walk(event, openMenu);
    return;
  }
  const menu = document.getElementById(event.target.getAttribute("popovertarget") ?? "");
  if (!menu?.matches(".menu")) return;
  if (menu.matches(":popover-open")) {
    if (stepTo(event.key, -1, 1) !== null) walk(event, menu);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    menu.showPopover();
    walk(event, menu);
  }
});

document.addEventListener("click", (event) => {
  const item = event.target instanceof Element && event.target.closest('.menu [role="menuitem"]');
  const menu = item && item.closest(".menu:popover-open");
  if (menu instanceof HTMLElement) menu.hidePopover();
});
