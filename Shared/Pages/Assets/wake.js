// When the outbox is emptied: on opening a page, when the line is back, when somebody looks again, and by the clock.
import { drain, drainPictures, nextDue } from "./drain.js";
import { onChange } from "./outbox.js";

const LONGEST_SLEEP_MS = 300_000;
let timer;

async function setAlarm() {
  clearTimeout(timer);
  const wait_ms = await nextDue();
  if (wait_ms !== undefined) timer = setTimeout(wake, Math.min(wait_ms + 250, LONGEST_SLEEP_MS));
}

async function wake(options) {
  await drain(options);
  // Not waited for: the next report goes first again.
  drainPictures(options).finally(setAlarm).catch(() => {});
  await setAlarm();
}

/** Tries now, and asks the browser to try later even if this page is closed, where it can. */
export async function sendSoon() {
  wake({ eager: true }).catch(() => {});
  const registration = await navigator.serviceWorker?.getRegistration();
  await registration?.sync?.register("outbox").catch(() => {});
}

/** Nothing waits where IndexedDB cannot be opened; then reports go by the plain form. */
export function startWaking() {
  const eagerly = () => wake({ eager: true }).catch(() => {});
  addEventListener("online", eagerly);
  document.addEventListener("visibilitychange", () => document.hidden || eagerly());
  // A page that was frozen had stopped waiting for its turn.
  addEventListener("pageshow", ({ persisted }) => persisted && eagerly());
  // Another window may have put something in.
  onChange(() => setAlarm().catch(() => {}));
  eagerly();
}
