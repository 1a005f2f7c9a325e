// @ts-check

/**
 * A list of listeners for one kind of news.
 * @template T
 */
export class Emitter {
  /** @type {Set<(news: T) => void>} */
  #listeners = new Set();

  /**
   * @param {(news: T) => void} listener
   * @returns {() => void} stops listening
   */
  on(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {T} news */
  emit(news) {
    for (const listener of [...this.#listeners]) listener(news);
  }
}
