// @ts-check

/** How a text is compared: without case and accents. @param {string} text */
export function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}

/** @param {string} text @param {number} place */
function startsWord(text, place) {
  return place === 0 || /[\s/_.-]/.test(text.charAt(place - 1));
}

/** @param {string} text @param {string} part */
function wordStarts(text, part) {
  for (let place = text.indexOf(part); place >= 0; place = text.indexOf(part, place + 1)) if (startsWord(text, place)) return true;
  return false;
}

/**
 * Letters that come in this order, the first at the start of a word: 1 and more for each that starts a word or follows the one before.
 * @param {string} text
 * @param {string} letters
 */
function inOrder(text, letters) {
  let best = 0;
  for (let start = 0; start < text.length; start++) {
    if (text[start] !== letters[0] || !startsWord(text, start)) continue;
    let score = 1;
    let place = start;
    for (const letter of letters.slice(1)) {
      const next = text.indexOf(letter, place + 1);
      if (next < 0) return best; // nor from any later start
      const word = nextWord(text, letter, place + 1);
      score += next === place + 1 || word >= 0 ? 1 : 0.1;
      place = next === place + 1 || word < 0 ? next : word;
    }
    best = Math.max(best, score / letters.length);
  }
  return best;
}

/** @param {string} text @param {string} letter @param {number} from */
function nextWord(text, letter, from) {
  for (let place = text.indexOf(letter, from); place >= 0; place = text.indexOf(letter, place + 1)) if (startsWord(text, place)) return place;
  return -1;
}

/**
 * How well typed letters fit a label: the name, its words, the path, all the words somewhere, then letters in order.
 * @param {{name: string, path: string}} label both `plain`
 * @param {string} typed `plain`, without space around
 * @returns {number} 0 where they do not fit; the whole number says how, the rest how well
 */
export function fit({ name, path }, typed) {
  if (name === typed) return 7;
  if (name.startsWith(typed)) return 6;
  if (wordStarts(name, typed)) return 5;
  if (name.includes(typed)) return 4;
  if (path.includes(typed)) return 3;
  const words = typed.split(/[\s/]+/).filter(Boolean);
  if (words.length > 1 && words.every((word) => path.includes(word))) return 2;
  const order = inOrder(path, words.join(""));
  return order >= 0.5 ? Math.min(1.99, 0.9 + order) : 0;
}
