// The form that is being filled in outlives a reload, a closed window and an empty battery.
import { answer, keepAtOnce, transact } from "./keep.js";
import { readFields } from "./fields.js";
import { photoIds } from "./photos.js";

const PAUSE_MS = 400;
/** An old draft is more likely somebody else's, or of a problem that is gone. */
const KEPT_MS = 7 * 86_400_000;

export const forgetDraft = () =>
  transact("readwrite", async (reports, drafts, pictures) => {
    const draft = await answer(drafts.get("form"));
    drafts.delete("form");
    for (const id of draft?.media ?? []) pictures.delete(id);
  });

export async function findDraft() {
  const draft = await transact("readonly", (reports, drafts) => answer(drafts.get("form")));
  if (!draft) return undefined;
  if (Date.now() - draft.at < KEPT_MS) return draft;
  await forgetDraft();
  return undefined;
}

/**
 * Keeps what is written from now on (and before, if it `isTouched`), under `key`, which becomes the report's own; gives
 * what stops it.
 */
export function keepDraft(form, key, { isTouched = false } = {}) {
  let timer;
  const keeping = new AbortController();
  const keep = () => {
    clearTimeout(timer);
    timer = undefined;
    try {
      keepAtOnce({ id: "form", key, fields: readFields(form), media: photoIds(), at: Date.now() });
    } catch {
      // Without a store the form still works, and lasts as long as its page.
    }
  };
  const soon = () => (timer ??= setTimeout(keep, PAUSE_MS));
  const atOnce = () => timer && keep();
  const { signal } = keeping;
  for (const type of ["input", "change", "placed"]) form.addEventListener(type, soon, { signal });
  document.addEventListener("visibilitychange", atOnce, { signal });
  addEventListener("pagehide", atOnce, { signal });
  if (isTouched) soon();
  return () => {
    keeping.abort();
    clearTimeout(timer);
  };
}
