// @ts-check
/** @import { TextStorage } from "../../editor/types.js" */

const SEATS = 8;

/**
 * The labels used lately. Each keeps its seat for as long as it is among them, so that a button is where it was.
 */
export class Recents {
  /** Codes by seat. @type {readonly string[]} */
  seats;
  /** Codes, the last one used first. @type {readonly string[]} */
  order;
  #storage;
  #name;

  /**
   * @param {TextStorage} storage
   * @param {string} name whose labels these are
   * @param {(code: string) => boolean} known labels may have gone since
   */
  constructor(storage, name, known) {
    this.#storage = storage;
    this.#name = `labelwright:recent:${name}`;
    this.order = (storage.getItem(this.#name) ?? "").split(" ").filter((code) => code !== "" && known(code)).slice(0, SEATS);
    this.seats = this.order;
  }

  /** @param {string} code */
  use(code) {
    const oldest = this.order.length >= SEATS ? this.order.at(-1) : undefined;
    if (!this.seats.includes(code)) this.seats = oldest ? this.seats.map((other) => (other === oldest ? code : other)) : [...this.seats, code];
    this.order = [code, ...this.order.filter((other) => other !== code)].slice(0, SEATS);
    this.#storage.setItem(this.#name, this.order.join(" "));
  }
}
