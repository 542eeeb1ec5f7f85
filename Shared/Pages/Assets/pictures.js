// The pictures of reports, made small on this phone and kept until the city has them.
import { answer, transact } from "./keep.js";

/** One that no form and no report names any more was left by a page that ended. */
const LOST_AFTER_MS = 86_400_000;

/** Keeps a picture's bytes; a Blob in the store is lost by some browsers, bytes are not. */
export async function keepPicture(id, blob) {
  const bytes = await blob.arrayBuffer();
  await transact("readwrite", async (reports, drafts, pictures) => {
    pictures.put({ id, bytes, type: blob.type, made_at: Date.now() });
  });
}

/** A picture as a Blob; undefined where it is not here. */
export async function findPicture(id) {
  const kept = await transact("readonly", (reports, drafts, pictures) => answer(pictures.get(id)));
  return kept && new Blob([kept.bytes], { type: kept.type });
}

export async function dropPictures(ids) {
  await transact("readwrite", async (reports, drafts, pictures) => ids.forEach((id) => pictures.delete(id)));
}

/** Drops what nobody names any more. */
export async function sweepPictures() {
  await transact("readwrite", async (reports, drafts, pictures) => {
    const named = new Set();
    for (const { media = [] } of await answer(reports.getAll())) media.forEach(({ id }) => named.add(id));
    for (const { media = [] } of await answer(drafts.getAll())) media.forEach((id) => named.add(id));
    const now = Date.now();
    const cursor = pictures.openCursor();
    await new Promise((resolve, reject) => {
      cursor.onerror = () => reject(cursor.error);
      cursor.onsuccess = () => {
        const at = cursor.result;
        if (!at) return resolve();
        if (!named.has(at.key) && Math.abs(now - at.value.made_at) > LOST_AFTER_MS) at.delete();
        at.continue();
      };
    });
  });
}
