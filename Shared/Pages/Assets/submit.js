// Sending the form: first onto this phone, from there to the city. So a poor line loses nothing and doubles nothing,
// and a page that is closed at the wrong moment does neither.
import { forgetDraft, keepDraft } from "./draft.js";
import { makeBody, nameOf, readFields } from "./fields.js";
import { isOffline, showOffline } from "./offline.js";
import { enqueue, findReport, onChange } from "./outbox.js";
import { givePhotosToForm, photoIds, photosReady } from "./photos.js";
import { sendSoon } from "./wake.js";

/** After so long a person is told that the report is safe and waits. */
const PATIENCE_MS = 4_000;
const panel = document.querySelector("[data-underway]");

function setBusy(button, isBusy) {
  button.dataset.usual ??= button.textContent;
  button.textContent = isBusy ? button.dataset.sending : button.dataset.usual;
  button.disabled = isBusy;
}

/** As before there was a store on the phone: the plain form, which needs the line now. */
function sendPlainly(form, key) {
  if (isOffline()) {
    showOffline();
    scrollTo({ top: 0 });
    setBusy(form.querySelector("[data-send]"), false);
    return;
  }
  form.elements.idempotency_key.value = key;
  givePhotosToForm();
  form.submit();
}

function showWaiting(form) {
  if (!panel.hidden) return;
  form.hidden = true;
  panel.hidden = false;
  panel.focus();
  scrollTo({ top: 0 });
  // Where the browser asks nobody, it may else clear what a site has kept when the phone is full.
  navigator.storage?.persist?.().catch(() => {});
}

function showForm(form) {
  panel.hidden = true;
  form.hidden = false;
  setBusy(form.querySelector("[data-send]"), false);
}

/** Follows a report that is on its way, and shows what becomes of it. */
function follow(form, id, refuse) {
  let isOver = false;
  const look = async () => {
    const record = await findReport(id);
    if (isOver) return;
    if (record?.state === "waiting" && record.tries > 0) return showWaiting(form);
    if (record?.state === "waiting" || record?.state === "sending") return;
    isOver = true;
    clearTimeout(timer);
    if (record?.state === "refused") {
      showForm(form);
      refuse(record);
    } else {
      // The private link keeps the key in a cookie and goes on to the page that says it is sent.
      location.replace(record ? `${record.receipt.links.manage}?terkirim=1` : "/");
    }
  };
  const timer = setTimeout(() => isOver || showWaiting(form), PATIENCE_MS);
  onChange(look);
  look();
}

/**
 * Sends what the form holds. `draft` is `{key, stop}`; `refuse(record)` is called if the city does not take it, and
 * then the form is there again, to be corrected.
 */
export async function submit(form, draft, refuse) {
  setBusy(form.querySelector("[data-send]"), true);
  await photosReady();
  draft.stop();
  const fields = readFields(form);
  let record;
  try {
    record = await enqueue({ id: draft.key, body: makeBody(fields), fields, media: photoIds(), ...nameOf(form) });
  } catch (error) {
    if (!(error instanceof RangeError)) return sendPlainly(form, draft.key);
    document.querySelector("[data-full]").hidden = false;
    draft.stop = keepDraft(form, draft.key);
    setBusy(form.querySelector("[data-send]"), false);
    return scrollTo({ top: 0 });
  }
  follow(form, record.id, refuse);
  sendSoon();
}

panel.querySelector("[data-now]").addEventListener("click", sendSoon);

export function startOver() {
  forgetDraft().finally(() => location.assign("/lapor"));
}
