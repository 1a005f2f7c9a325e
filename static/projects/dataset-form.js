// @ts-check
/** Shows the fields of the chosen source alone. Without this script all fields are there, and the server reads what counts. */

const form = document.querySelector("[data-dataset-form]");

function show() {
  if (!(form instanceof HTMLFormElement)) return;
  const chosen = new FormData(form).get("source");
  for (const part of form.querySelectorAll("[data-for-source]")) {
    part.toggleAttribute("hidden", part.getAttribute("data-for-source") !== chosen);
  }
}

form?.addEventListener("change", show);
show();
