// @ts-check
/**
 * A <select data-combobox> becomes a text field that finds among its options; without script it stays a select.
 * The select keeps the value, so forms and htmx see no difference.
 */

/**
 * Options whose words all begin or contain what was typed, best first.
 * @param {{label: string, value: string}[]} options @param {string} typed
 */
export function matching(options, typed) {
  const wanted = typed.trim().toLowerCase();
  if (!wanted) return options;
  return options
    .filter((option) => option.label.toLowerCase().includes(wanted))
    .sort((a, b) => Number(b.label.toLowerCase().startsWith(wanted)) - Number(a.label.toLowerCase().startsWith(wanted)));
}

/** @param {ParentNode} root */
export function enhanceComboboxes(root) {
  for (const select of root.querySelectorAll("select[data-combobox]:not([hidden])")) {
    if (select instanceof HTMLSelectElement) enhance(select);
  }
}

/** @param {HTMLSelectElement} select */
function enhance(select) {
  const options = [...select.options].filter((option) => option.value).map(({ label, value }) => ({ label, value }));
  const input = buildInput(select);
  const list = document.createElement("ul");
  list.className = "combobox-list";
  list.id = `${select.id}-list`;
  list.setAttribute("role", "listbox");
  list.hidden = true;
  const frame = document.createElement("div");
  frame.className = "combobox";
  select.before(frame);
  frame.append(input, list, select);
  select.hidden = true;
  let current = 0;

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    input.value = select.value ? (select.selectedOptions[0]?.label ?? "") : "";
  };
  const draw = () => {
    const found = matching(options, input.value);
    current = Math.min(current, Math.max(0, found.length - 1));
    list.replaceChildren(...found.map((option, index) => buildOption(list.id, option, index === current)));
    if (found.length === 0) list.append(buildNothing());
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    const active = list.children[current];
    if (active?.id) input.setAttribute("aria-activedescendant", active.id);
    active?.scrollIntoView({ block: "nearest" });
  };
  /** @param {string | undefined} value */
  const take = (value) => {
    if (value !== undefined) {
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
    close();
  };

  input.addEventListener("focus", () => input.select());
  input.addEventListener("input", () => {
    current = 0;
    draw();
  });
  input.addEventListener("click", draw);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      current = list.hidden ? 0 : Math.max(0, current + step);
      draw();
    } else if (event.key === "Enter" && !list.hidden) {
      take(/** @type {HTMLElement | undefined} */ (list.children[current])?.dataset.value);
    } else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    const item = event.target instanceof Element && event.target.closest("li[data-value]");
    if (item instanceof HTMLElement) take(item.dataset.value);
  });
  close();
}

/** @param {HTMLSelectElement} select */
function buildInput(select) {
  const input = document.createElement("input");
  input.type = "text";
  input.className = "input";
  input.id = `${select.id}-find`;
  input.autocomplete = "off";
  input.placeholder = select.querySelector('option[value=""]')?.textContent ?? "Type to search";
  input.disabled = select.disabled;
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", `${select.id}-list`);
  const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  label?.setAttribute("for", input.id);
  const described = select.getAttribute("aria-describedby");
  if (described) input.setAttribute("aria-describedby", described);
  return input;
}

/** @param {string} listId @param {{label: string, value: string}} option @param {boolean} selected */
function buildOption(listId, option, selected) {
  const item = document.createElement("li");
  item.id = `${listId}-${option.value}`;
  item.dataset.value = option.value;
  item.textContent = option.label;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", String(selected));
  return item;
}

function buildNothing() {
  const item = document.createElement("li");
  item.className = "combobox-empty";
  item.textContent = "Nothing found";
  return item;
}
