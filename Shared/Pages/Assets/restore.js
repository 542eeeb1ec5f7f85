// What the form begins with: a report to be corrected, what was being written here last, or the category that the
// address names, where the page itself came from this phone and knows nothing of it.
import { findDraft, keepDraft } from "./draft.js";
import { writeFields } from "./fields.js";
import { findReport, makeKey } from "./outbox.js";
import { restorePhotos } from "./photos.js";
import { sweepPictures } from "./pictures.js";

const asked = new URLSearchParams(location.search);

async function findBeginning(form) {
  // The server's own answer to what was sent: it stands in the form already, under its key.
  if (document.querySelector("#faults")) return { key: form.elements.idempotency_key.value };
  const refused = asked.has("perbaiki") && (await findReport(asked.get("perbaiki")));
  if (refused?.state === "refused") {
    const { id, fields, problem, media } = refused;
    return { key: id, fields, problem, media: media.map((picture) => picture.id) };
  }
  const draft = await findDraft();
  sweepPictures().catch(() => {});
  return { key: draft?.key ?? makeKey(), fields: draft?.fields, media: draft?.media };
}

function chooseAsked(form) {
  const name = asked.get("kategori");
  const choice = name && form.querySelector(`[name=category][value="${CSS.escape(name)}"]`);
  if (choice) choice.checked = true;
  return Boolean(choice);
}

/**
 * Fills the form with what it begins with. Gives `{key, stop, again, isFilled, problem}`: the report's key, what ends
 * the keeping of the draft and begins it anew, whether something was filled in, and why an earlier sending failed.
 */
export async function restore(form) {
  let isTouched = false;
  const touch = () => (isTouched = true);
  form.addEventListener("input", touch);
  const beginning = await findBeginning(form).catch(() => ({ key: makeKey() }));
  form.removeEventListener("input", touch);
  const media = beginning.media ?? [];
  // Nothing is written over what somebody began to type while the store opened.
  const isBack =
    !isTouched && (media.length > 0 || Object.keys(beginning.fields ?? {}).some((name) => name !== "category"));
  if (!isTouched) await restorePhotos(media).catch(() => {});
  if (isBack) {
    const chosen = beginning.fields.category;
    writeFields(form, beginning.fields);
    // Who comes by another category's tile means that one.
    if (asked.has("kategori") && asked.get("kategori") !== chosen) chooseAsked(form);
    document.querySelector("[data-restored]").hidden = Boolean(beginning.problem);
  }
  const isChosen = !form.querySelector("[name=category]:checked") && chooseAsked(form);
  const { key, problem } = beginning;
  const keep = (itsKey) => ({ key: itsKey, stop: keepDraft(form, itsKey, { isTouched }), again: keep });
  form.dataset.kept = "";
  return { ...keep(key), isFilled: isBack || isChosen, problem };
}
