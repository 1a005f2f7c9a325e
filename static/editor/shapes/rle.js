// @ts-check
/** COCO run lengths: columns first, background first, packed five bits to a character. */

/** @param {string} packed @returns {number[]} */
export function unpack(packed) {
  /** @type {number[]} */
  const counts = [];
  let at = 0;
  while (at < packed.length) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more) {
      const bits = packed.charCodeAt(at++) - 48;
      value += (bits & 0x1f) * 2 ** shift;
      more = (bits & 0x20) !== 0;
      shift += 5;
      if (!more && bits & 0x10) value -= 2 ** shift;
    }
    if (counts.length > 2) value += /** @type {number} */ (counts[counts.length - 2]);
    counts.push(value);
  }
  return counts;
}

/** @param {readonly number[]} counts @returns {string} */
export function pack(counts) {
  let packed = "";
  for (let i = 0; i < counts.length; i++) {
    let value = /** @type {number} */ (counts[i]);
    if (i > 2) value -= /** @type {number} */ (counts[i - 2]);
    let more = true;
    while (more) {
      let bits = value & 0x1f;
      value >>= 5;
      more = bits & 0x10 ? value !== -1 : value !== 0;
      if (more) bits |= 0x20;
      packed += String.fromCharCode(bits + 48);
    }
  }
  return packed;
}
