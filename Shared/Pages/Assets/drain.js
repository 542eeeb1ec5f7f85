// Empties the outbox: one window (or the worker) at a time, each report at most once a round.
import { LONGEST_WAIT_MS, attempt } from "./attempt.js";
import { allReports, changeReport, findReport, forgetReport, isOpen } from "./outbox.js";

const LOCK = "sasando-outbox";
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** Longer than an attempt may take: who holds the lock for so long was put to sleep with it. */
const PATIENCE_FOR_ROUND_MS = 40_000;

/**
 * One round at a time, of all windows. A page that the browser froze while it sent keeps its lock; it is taken from it
 * after a while. Then, and without Web Locks, two may send the same report: its key makes one of it.
 */
async function locked(work) {
  if (!navigator.locks) return work();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_FOR_ROUND_MS);
  const begun = () => {
    clearTimeout(timer);
    return work();
  };
  try {
    return await navigator.locks.request(LOCK, { signal: patience.signal }, begun);
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    return navigator.locks.request(LOCK, { steal: true }, work);
  }
}

/** Twice as long after each failure, up to five minutes, and not all phones in the same moment. */
const pauseAfter = (tries) =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 20), LONGEST_PAUSE_MS) * (0.75 + Math.random() / 4);

let running;
let next;
let isNextEager = false;

/**
 * Sends what is due; `eager` also what only waits out its pause, as when the line is back. What the server asked to
 * wait for is waited for in any case. Who comes while a round runs gets the one after it.
 */
export function drain({ eager = false } = {}) {
  isNextEager ||= eager;
  next ??= Promise.resolve(running).catch(() => {}).then(() => {
    const isEager = isNextEager;
    next = undefined;
    isNextEager = false;
    running = locked(() => sendAll(isEager));
    return running;
  });
  return next;
}

/** Whether a moment has come. One far ahead was written by a clock that has been put back since. */
const hasCome = (at, now) => at <= now || at > now + LONGEST_WAIT_MS;

async function sendAll(eager) {
  const now = Date.now();
  const due = (await allReports()).filter(
    (record) => isOpen(record) && hasCome(record.not_before, now) && (eager || hasCome(record.due_at, now)),
  );
  // One that fails again and again stands behind the others.
  due.sort((one, other) => one.tries - other.tries || one.made_at - other.made_at);
  for (const { id } of due) {
    const outcome = await sendOne(id);
    if (outcome?.isLineGone || outcome?.isBusy) break;
  }
}

async function sendOne(id) {
  const start = (record) => (isOpen(record) ? { state: "sending", tries: record.tries + 1 } : {});
  const record = await changeReport(id, start);
  // Removed meanwhile.
  if (!record || !isOpen(record)) return undefined;
  const outcome = await attempt(record);
  const now = Date.now();
  await changeReport(id, () => {
    if (outcome.sent) return { state: "sent", receipt: outcome.sent, sent_at: now, body: undefined, fields: undefined };
    if (outcome.refused) return { state: "refused", problem: outcome.refused };
    const due_at = now + Math.max(outcome.wait_ms, pauseAfter(record.tries));
    return { state: "waiting", due_at, not_before: now + outcome.wait_ms };
  });
  return outcome;
}

/** When the next report is due, in milliseconds from now; undefined where none waits. */
export async function nextDue() {
  const open = (await allReports()).filter(isOpen);
  if (open.length === 0) return undefined;
  return Math.max(0, Math.min(...open.map(({ due_at, not_before }) => Math.max(due_at, not_before))) - Date.now());
}

/** Whether a round is under way, in whichever window. */
export async function isSending() {
  if (!navigator.locks) return running !== undefined;
  return (await navigator.locks.query()).held.some(({ name }) => name === LOCK);
}

/**
 * Takes a report off this phone, but not while it is being sent, nor if it has arrived since it was asked for; says
 * whether it did. One that a closed page left as being sent counts as waiting.
 */
export async function removeReport(id, { isSent }) {
  const seen = await findReport(id);
  const isUnderWay = await isSending();
  return forgetReport(id, ({ state, tries }) => {
    if (state === "sending" && (isUnderWay || tries !== seen?.tries)) return false;
    return (state === "sent") === isSent;
  });
}
