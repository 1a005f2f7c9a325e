// @ts-check
import { clockText, element, icon, part, setText } from "./dom.js";
/** @import { Desk } from "../desk.js" */
/** @import { Entry } from "../pager.js" */

const SAVE_WORDS = {
  saved: ["cloud", "Saved"],
  unsaved: ["cloud-upload", "Saving…"],
  saving: ["cloud-upload", "Saving…"],
  sending: ["send", "Submitting…"],
  offline: ["wifi-off", "Offline. Kept in this browser"],
  conflict: ["triangle-alert", "Changed elsewhere"],
  lost: ["triangle-alert", "Reservation ended. Kept in this browser"],
  refused: ["triangle-alert", "Not saved"],
};

/** Save state, timer, place in the queue and the bars that warn. */
export class Bar {
  #desk;
  #entry;
  #oneByOne;
  #warned = false;

  /**
   * @param {Desk} desk
   * @param {() => Entry | null} entry the one in front
   * @param {boolean} oneByOne whether images are shown one after the other, so that they have a place
   */
  constructor(desk, entry, oneByOne) {
    this.#desk = desk;
    this.#oneByOne = oneByOne;
    this.#entry = entry;
    desk.sync.changed.on(() => this.#showSave());
    desk.outbox.changed.on(() => this.#showSave());
    desk.changed.on(() => this.refresh());
    desk.pager.changed.on(() => this.refresh());
    desk.leases.changed.on((state) => this.#showLease(state.kind === "expiring" ? state.seconds : null));
    desk.refused.on(({ error }) => (part("halted").hidden = !error.code.startsWith("project_")));
    desk.outbox.delivered.on(() => (part("halted").hidden = true));
    setInterval(() => this.#tick(), 1000);
    this.refresh();
  }

  refresh() {
    const entry = this.#entry();
    const { current, remaining } = this.#desk.pager;
    const place = entry ? current.indexOf(entry) + 1 : 0;
    const words = [];
    if (this.#oneByOne && place > 0 && current.length > 1) words.push(`Image ${place} of ${current.length}`);
    if (remaining && current.length > 0) words.push(`${remaining.toLocaleString("en")} left in the queue`);
    setText(part("position"), words.join(" · "));
    this.#showBadges(entry);
    const note = entry?.task.rejection_note ?? "";
    part("rejection").hidden = note === "";
    setText(part("rejection-words"), note);
    part("changed").hidden = !entry?.task.image_changed;
    this.#showSave();
    this.#tick();
  }

  /** @param {Entry | null} entry */
  #showBadges(entry) {
    const badges = [];
    const kind = entry?.task.kind;
    if (kind === "clustered") badges.push(element("span", { class: "badge badge-outline", title: "Similar images, side by side" }, icon("layers"), "Clustered"));
    if (kind === "prelabelled") {
      const confidence = entry?.task.prelabel_confidence;
      const words = confidence == null ? "Pre-labelled" : `Pre-labelled · ${Math.round(confidence * 100)} %`;
      badges.push(element("span", { class: "badge badge-accent", title: "Suggested by a model. Submitting accepts what you see." }, icon("sparkles"), words));
    }
    if (entry?.state === "lost") badges.push(element("span", { class: "badge badge-warning" }, "Taken by somebody else"));
    part("badges").replaceChildren(...badges);
  }

  #showSave() {
    const { sync, outbox } = this.#desk;
    const state = outbox.offline ? "offline" : sync.state;
    const [name, words] = SAVE_WORDS[state === "saved" && outbox.size > 0 ? "sending" : state];
    const target = part("save");
    if (target.dataset["state"] !== state || target.textContent !== words) {
      target.dataset["state"] = state;
      target.replaceChildren(icon(name ?? "cloud"), element("span", {}, words ?? ""));
      target.title = state === "refused" ? sync.message : "";
    }
    part("offline").hidden = state !== "offline";
  }

  /** @param {number | null} seconds */
  #showLease(seconds) {
    const bar = part("lease");
    bar.hidden = seconds === null;
    if (seconds === null) {
      this.#warned = false;
      return;
    }
    const words = seconds > 0 ? `Reserved for you for another ${clockText(seconds)}. Press any key or move the pointer to keep it.` : "The reservation has ended. Your work is kept here.";
    setText(part("lease-words"), words);
    if (!this.#warned) setText(part("announce"), words);
    this.#warned = true;
  }

  #tick() {
    setText(part("timer"), clockText(this.#desk.activity.seconds()));
  }
}
