// @ts-check
// The dashboard keeps itself up to date, but not while somebody reads an open table or stands on a link in it.

document.addEventListener("htmx:beforeRequest", (event) => {
  const numbers = document.getElementById("numbers");
  if (event.target !== numbers || !numbers) return;
  if (numbers.querySelector("details[open]") || numbers.contains(document.activeElement)) event.preventDefault();
});
