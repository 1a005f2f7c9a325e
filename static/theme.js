// @ts-check
/**
 * Light, dark or as the system says. The choice is a cookie, so the server writes `data-theme` on <html> and no
 * page ever flashes. Contract: `[data-theme-choice="system|light|dark"]` on the controls.
 */

const YEAR_SECONDS = 31_536_000;

/** The chosen theme. @returns {"light" | "dark" | "system"} */
export function chosenTheme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "light" || chosen === "dark" ? chosen : "system";
}

/** Applies and remembers a choice. @param {string} choice */
export function chooseTheme(choice) {
  const root = document.documentElement;
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${chosenTheme()}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
  showChoice();
  root.dispatchEvent(new CustomEvent("themechange", { bubbles: true, detail: chosenTheme() }));
}

function showChoice() {
  for (const control of document.querySelectorAll("[data-theme-choice]")) {
    control.setAttribute("aria-checked", String(control.getAttribute("data-theme-choice") === chosenTheme()));
  }
}

document.addEventListener("click", (event) => {
  const control = event.target instanceof Element && event.target.closest("[data-theme-choice]");
  if (control) chooseTheme(control.getAttribute("data-theme-choice") ?? "system");
});

showChoice();
