// The form that is being filled in outlives a reload, a closed window and an empty battery.
import { answer, keepAtOnce, transact } from "./keep.js";
import { makeKey } from "./outbox.js";
import { readFields } from "./fields.js";

const PAUSE_MS = 400;
/** An old draft is more likely somebody else's, or of a problem that is gone. */
const KEPT_MS = 7 * 86_400_000;

export const forgetDraft = () => transact("readwrite", async (reports, drafts) => drafts.delete("form"));

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
  let isOver = false;
  const keep = () => {
    clearTimeout(timer);
    timer = undefined;
    try {
      keepAtOnce({ id: "form", key, fields: readFields(form), at: Date.now() });
    } catch {
      // Without a store the form still works, and lasts as long as its page.
    }
  };
  const soon = () => {
    if (!isOver) timer ??= setTimeout(keep, PAUSE_MS);
  };
  const atOnce = () => timer && !isOver && keep();
  for (const type of ["input", "change", "placed"]) form.addEventListener(type, soon);
  document.addEventListener("visibilitychange", atOnce);
  addEventListener("pagehide", atOnce);
  if (isTouched) soon();
  return () => {
    isOver = true;
    clearTimeout(timer);
    for (const type of ["input", "change", "placed"]) form.removeEventListener(type, soon);
  };
}

export const newKey = makeKey;
