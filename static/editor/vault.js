// @ts-check
/** @import { TextStorage } from "./types.js" */

/**
 * Where texts outlive the page.
 * @typedef {{load: (start: string) => Promise<[string, string][]>, put: (key: string, text: string) => Promise<unknown>, drop: (key: string) => Promise<unknown>}} Shelf
 */

export const DATABASE = "labelwright";
const TABLE = "work";

/** Texts by key that outlive the page: read once when it opens, then answered from memory and written through. */
export class Vault {
  #shelf;
  #start;
  /** @type {Map<string, string>} */
  #texts;
  /** Whether the browser could keep the last thing given to it. */
  healthy = true;

  /** @param {Shelf} shelf @param {string} start keeps people and projects apart @param {[string, string][]} texts */
  constructor(shelf, start, texts = []) {
    this.#shelf = shelf;
    this.#start = start;
    this.#texts = new Map(texts);
  }

  /** @param {Shelf} shelf @param {string} owner */
  static async open(shelf, owner) {
    const start = `labelwright:${owner}:`;
    const texts = await shelf.load(start).catch(() => /** @type {[string, string][]} */ ([]));
    return new Vault(shelf, start, texts.map(([key, text]) => [key.slice(start.length), text]));
  }

  /** @param {string} start */
  keys(start) {
    return [...this.#texts.keys()].filter((key) => key.startsWith(start));
  }

  /** @param {string} key */
  get(key) {
    return this.#texts.get(key) ?? null;
  }

  /** @param {string} key @param {string} text */
  set(key, text) {
    this.#texts.set(key, text);
    this.#note(this.#shelf.put(this.#start + key, text));
  }

  /** @param {string} key */
  drop(key) {
    if (this.#texts.delete(key)) this.#note(this.#shelf.drop(this.#start + key));
  }

  /** The storage may be full or forbidden; the server's copy is made all the same. @param {Promise<unknown>} done */
  #note(done) {
    done.then(() => (this.healthy = true), () => (this.healthy = false));
  }
}

/** A small synchronous storage, for browsers that forbid the other. @param {TextStorage} storage @returns {Shelf} */
export function textShelf(storage) {
  return {
    load: async (start) => {
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index)).filter((key) => key !== null);
      return keys.filter((key) => key.startsWith(start)).map((key) => [key, storage.getItem(key) ?? ""]);
    },
    put: async (key, text) => storage.setItem(key, text),
    drop: async (key) => storage.removeItem(key),
  };
}

/** IndexedDB, which has room for large documents. @param {IDBFactory} factory @returns {Promise<Shelf>} */
export async function databaseShelf(factory) {
  const opening = factory.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(TABLE);
  const database = await answerOf(opening);
  database.onversionchange = () => database.close();
  /** @template R @param {IDBTransactionMode} mode @param {(table: IDBObjectStore) => IDBRequest<R>} act */
  const run = (mode, act) => {
    const transaction = database.transaction(TABLE, mode);
    const answer = answerOf(act(transaction.objectStore(TABLE)));
    transaction.commit(); // do not wait for the page, which may be about to go
    return answer;
  };
  return {
    load: async (start) => {
      const range = IDBKeyRange.bound(start, `${start}\uffff`);
      const [keys, texts] = await Promise.all([run("readonly", (table) => table.getAllKeys(range)), run("readonly", (table) => table.getAll(range))]);
      return keys.map((key, index) => [String(key), String(texts[index])]);
    },
    put: async (key, text) => run("readwrite", (table) => table.put(text, key)),
    drop: async (key) => run("readwrite", (table) => table.delete(key)),
  };
}

/** @template R @param {IDBRequest<R>} request @returns {Promise<R>} */
function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
