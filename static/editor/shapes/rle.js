// @ts-check
/**
 * COCO run lengths: columns first, background first, packed five bits to a character.
 * A segment is one stretch of a column: [column, first row, row after the last].
 *
 * @typedef {[number, number, number]} Segment
 */

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

/**
 * @param {readonly number[]} counts
 * @param {number} height rows of the image
 * @returns {Segment[]}
 */
export function toSegments(counts, height) {
  /** @type {Segment[]} */
  const segments = [];
  let start = 0;
  counts.forEach((count, index) => {
    let left = index % 2 ? count : 0;
    let position = start;
    while (left > 0) {
      const row = position % height;
      const length = Math.min(left, height - row);
      segments.push([Math.floor(position / height), row, row + length]);
      position += length;
      left -= length;
    }
    start += count;
  });
  return segments;
}

/**
 * @param {readonly Segment[]} segments by column, then row
 * @param {number} height
 * @param {number} width
 * @returns {number[]}
 */
export function fromSegments(segments, height, width) {
  const counts = [0];
  let end = 0;
  for (const [column, top, bottom] of segments) {
    const start = column * height + top;
    const last = counts.length - 1;
    if (start === end && last > 0) counts[last] = /** @type {number} */ (counts[last]) + bottom - top;
    else counts.push(start - end, bottom - top);
    if (counts.length === 3 && counts[0] === 0) counts.shift();
    end = column * height + bottom;
  }
  if (end < height * width) {
    if (counts.length === 1) counts[0] = height * width;
    else counts.push(height * width - end);
  }
  return counts;
}
