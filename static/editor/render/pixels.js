// @ts-check
/** @import { Pixels } from "../mask/wand.js" */
/** @import { Picture } from "./picture.js" */

/**
 * Reads the stored pixels of a picture, piece by piece; adjustments of the view do not count.
 * @param {Picture} picture
 * @param {{width: number, height: number}} size of the image that the masks lie on
 * @returns {Pixels}
 */
export function pixelsOf(picture, size) {
  if (picture.pixels) return picture.pixels.bind(picture);
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const level = picture.levels[0];
  if (!context || !level) throw new Error("The picture cannot be read.");
  const [across, down] = [level.width / size.width, level.height / size.height];
  return (x, y, width, height) => {
    canvas.width = width;
    canvas.height = height;
    context.drawImage(level.source, x * across, y * down, width * across, height * down, 0, 0, width, height);
    return context.getImageData(0, 0, width, height).data;
  };
}
