// @ts-check
/** Files from pickers and from what is dropped, folders included, with their paths below the chosen folder. */

/** @typedef {{path: string, content: File}} Picked */

/** Files that computers leave lying about. @param {string} path */
const isLitter = (path) => path.split("/").some((part) => part.startsWith(".")) || /(^|\/)(Thumbs\.db|desktop\.ini)$/i.test(path);

/** @param {Iterable<File>} files @returns {Picked[]} */
export function fromPicker(files) {
  return [...files]
    .map((file) => ({ path: file.webkitRelativePath || file.name, content: file }))
    .filter((picked) => !isLitter(picked.path));
}

/** All files of a drop. The entries must be taken before the first wait: the list is empty afterwards. @param {DataTransfer} transfer */
export async function fromDrop(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter((entry) => entry !== null && entry !== undefined);
  if (!entries.length) return fromPicker(transfer.files);
  /** @type {Picked[]} */
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found.filter((picked) => !isLitter(picked.path));
}

/** @param {FileSystemEntry} entry @param {Picked[]} found */
async function walk(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), content: file });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return;
    for (const child of batch) await walk(child, found);
  }
}
