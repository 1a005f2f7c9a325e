// @ts-check
/** What every page loads: the behaviours behind the components, all by delegation, so swapped-in content works too. */
import "../theme.js";
import "./copy.js";
import "./dialog.js";
import "./menu.js";
import "./offline.js";
import "./palette.js";
import "./pictures.js";
import "./sign-out.js";
import "./table.js";
import "./time.js";
import "./toast.js";
import { enhanceComboboxes } from "./combobox.js";

enhanceComboboxes(document);
document.addEventListener("htmx:load", (event) => {
  if (event.target instanceof Element) enhanceComboboxes(event.target);
});
