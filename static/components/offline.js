// @ts-check
/** The quiet bar while the network is away: <div id="offline-bar" hidden>. */

function show() {
  const bar = document.getElementById("offline-bar");
  if (bar) bar.hidden = navigator.onLine;
}

addEventListener("online", show);
addEventListener("offline", show);
show();

export {};
