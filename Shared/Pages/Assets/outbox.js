// The reports of this phone, and what may become of each:
//
//   waiting ⇄ sending → sent
//               ↓
//            refused → (corrected) waiting
//
// A record: `id`, the key of all its attempts; `body`, the JSON that is sent, which stays the same to the byte, since
// the server compares it; `fields` as they stood in the form, to be corrected; `name` and `category` to be shown.
// `media`, its pictures, which lie beside it (pictures.js) and follow once `receipt` is there: a report never waits for
// its pictures. Each is `{id}`, and `{id, upload}` once the city has it; `attach` is the request that gives them to the
// report.
import { answer, transact } from "./keep.js";

const MOST_WAITING = 100;
const MOST_SENT = 200;
const news = "BroadcastChannel" in globalThis ? new BroadcastChannel("sasando-outbox") : undefined;
const listeners = new Set();

/** Calls back after each change, in whichever window. */
export function onChange(listener) {
  if (listeners.size === 0) news?.addEventListener("message", () => listeners.forEach((each) => each()));
  listeners.add(listener);
}

function tell() {
  news?.postMessage("changed");
  for (const listener of listeners) listener();
}

export const isOpen = ({ state }) => state === "waiting" || state === "sending";

/** Whether a report that has arrived still has pictures here. */
export const hasPictures = ({ state, media }) => state === "sent" && media?.length > 0;

/** A UUID, also where randomUUID is missing. */
export function makeKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/**
 * Keeps a report that is to be sent, and forgets the draft it came from in the same moment. A draft that another
 * window has sent already gives that report; with other words it is another report, and gets a key of its own.
 */
export async function enqueue({ id, body, fields, name, category, media = [] }) {
  const record = await transact("readwrite", async (reports, drafts) => {
    const all = await answer(reports.getAll());
    const earlier = all.find((each) => each.id === id);
    let key = id;
    if (earlier && earlier.state !== "refused") {
      if (earlier.body === body) return earlier;
      key = makeKey();
    } else if (earlier?.problem.isKeyTaken) {
      reports.delete(id);
      key = makeKey();
    }
    if (all.filter(isOpen).length >= MOST_WAITING) throw new RangeError("too many reports wait on this phone");
    const made = { id: key, body, fields, name, category, state: "waiting", made_at: Date.now() };
    made.media = media.map((picture) => ({ id: picture }));
    Object.assign(made, { tries: 0, due_at: 0, not_before: 0 });
    reports.put(made);
    const draft = await answer(drafts.get("form"));
    if (draft?.key === id) drafts.delete("form");
    return made;
  });
  tell();
  return record;
}

/** All reports of this phone, the newest first. */
export async function allReports() {
  const all = await transact("readonly", (reports) => answer(reports.getAll()));
  return all.sort((one, other) => other.made_at - one.made_at);
}

export const findReport = (id) => transact("readonly", (reports) => answer(reports.get(id)));

/** Changes one report by `change(record)`, if it is still there; gives it as it is then. */
export async function changeReport(id, change) {
  const changed = await transact("readwrite", async (reports) => {
    const record = await answer(reports.get(id));
    if (!record) return undefined;
    Object.assign(record, change(record));
    reports.put(record);
    if (record.state === "sent") await dropOldest(reports);
    return record;
  });
  tell();
  return changed;
}

async function dropOldest(reports) {
  const sent = (await answer(reports.getAll())).filter((each) => each.state === "sent" && !hasPictures(each));
  sent.sort((one, other) => other.made_at - one.made_at);
  for (const { id } of sent.slice(MOST_SENT)) reports.delete(id);
}

/** Takes a report off this phone if `may(record)`, and says whether it is gone. */
export async function forgetReport(id, may) {
  const isGone = await transact("readwrite", async (reports, drafts, pictures) => {
    const record = await answer(reports.get(id));
    if (record && !may(record)) return false;
    reports.delete(id);
    for (const picture of record?.media ?? []) pictures.delete(picture.id);
    return true;
  });
  tell();
  return isGone;
}
