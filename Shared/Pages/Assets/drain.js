// Empties the outbox: one window (or the worker) at a time, each report at most once a round. Pictures have rounds of
// their own: no report waits while another's pictures crawl over a poor line.
import { LONGEST_WAIT_MS, attempt } from "./attempt.js";
import { allReports, changeReport, findReport, forgetReport, hasPictures, isOpen } from "./outbox.js";
import { sendPictures } from "./upload.js";

const LOCK = "sasando-outbox";
const PICTURE_LOCK = "sasando-pictures";
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 300_000;
/** Longer than an attempt may take: who holds the lock for so long was put to sleep with it. */
const PATIENCE_FOR_ROUND_MS = 40_000;
const PATIENCE_FOR_PICTURES_MS = 600_000;

// A page that is left asks for no lock, waits for none, and keeps none: the browser freezes it with its place in the
// queue, and nobody behind it would get their turn.
let isLeft = false;
addEventListener("pagehide", () => (isLeft = true));
addEventListener("pageshow", () => (isLeft = false));

/**
 * One round at a time, of all windows. A page that the browser froze without a word keeps its lock; it is taken from it
 * after a while. Then, when a page is left while it sends, and without Web Locks, two may send the same report: its key
 * makes one of it.
 */
async function locked(name, patience_ms, work) {
  if (isLeft) return undefined;
  if (!navigator.locks) return work();
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patience_ms);
  let leave;
  const leaving = new Promise((resolve) => (leave = resolve));
  addEventListener("pagehide", leave);
  leaving.then(() => patience.abort());
  const begun = () => {
    clearTimeout(timer);
    return Promise.race([work(), leaving]);
  };
  try {
    return await navigator.locks.request(name, { signal: patience.signal }, begun);
  } catch (error) {
    if (!patience.signal.aborted) throw error;
    return isLeft ? undefined : navigator.locks.request(name, { steal: true }, work);
  } finally {
    clearTimeout(timer);
    removeEventListener("pagehide", leave);
  }
}

/**
 * Twice as long after each failure, up to five minutes, and not all phones in the same moment. Counted from the last
 * eager round: a line that is just back often drops the first request, and the hours before it say nothing of it.
 */
const pauseAfter = (fails) =>
  Math.min(FIRST_PAUSE_MS * 2 ** Math.min(fails, 20), LONGEST_PAUSE_MS) * (0.75 + Math.random() / 4);
const countFail = ({ fails = 0 }, eager) => (eager ? 1 : fails + 1);

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
    running = locked(LOCK, PATIENCE_FOR_ROUND_MS, () => sendAll(isEager));
    return running;
  });
  return next;
}

/** Whether a moment has come. One far ahead was written by a clock that has been put back since. */
const hasCome = (at, now) => at <= now || at > now + LONGEST_WAIT_MS;

let runningPictures;

/** Sends the pictures of reports that have arrived; who comes while that runs is told of its end. */
export function drainPictures({ eager = false } = {}) {
  runningPictures ??= locked(PICTURE_LOCK, PATIENCE_FOR_PICTURES_MS, () => sendAllPictures(eager)).finally(
    () => (runningPictures = undefined),
  );
  return runningPictures;
}

/** What of some reports may be sent now. */
async function findDue(isMeant, eager) {
  const now = Date.now();
  return (await allReports()).filter(
    (record) => isMeant(record) && hasCome(record.not_before, now) && (eager || hasCome(record.due_at, now)),
  );
}

async function sendAllPictures(eager) {
  const due = await findDue(hasPictures, eager);
  due.sort((one, other) => one.tries - other.tries || one.made_at - other.made_at);
  for (const { id } of due) {
    const outcome = await sendPictures(id);
    if (outcome.later) await changeReport(id, (record) => pause(outcome, countFail(record, eager)));
    if (outcome.isLineGone || outcome.isBusy) break;
  }
}

function pause({ wait_ms }, fails) {
  const now = Date.now();
  return { fails, due_at: now + Math.max(wait_ms, pauseAfter(fails)), not_before: now + wait_ms };
}

async function sendAll(eager) {
  const due = await findDue(isOpen, eager);
  // One that fails again and again stands behind the others.
  due.sort((one, other) => one.tries - other.tries || one.made_at - other.made_at);
  for (const { id } of due) {
    const outcome = await sendOne(id, eager);
    if (outcome?.isLineGone || outcome?.isBusy) break;
  }
}

async function sendOne(id, eager) {
  const start = (record) => (isOpen(record) ? { state: "sending", tries: record.tries + 1 } : {});
  const record = await changeReport(id, start);
  // Removed meanwhile.
  if (!record || !isOpen(record)) return undefined;
  const outcome = await attempt(record);
  await changeReport(id, (now) => {
    if (outcome.sent) {
      const sent = { state: "sent", receipt: outcome.sent, sent_at: Date.now(), body: undefined, fields: undefined };
      return { ...sent, tries: 0, fails: 0, due_at: 0, not_before: 0 };
    }
    if (outcome.refused) return { state: "refused", problem: outcome.refused };
    return { state: "waiting", ...pause(outcome, countFail(now, eager)) };
  });
  return outcome;
}

/** When the next report or picture is due, in milliseconds from now; undefined where none waits. */
export async function nextDue() {
  const open = (await allReports()).filter((record) => isOpen(record) || hasPictures(record));
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
