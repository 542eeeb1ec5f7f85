// The page after sending; the report's photos may still be on their way.
import "./copy.js";
import "./news.js";
import { allReports, hasPictures, onChange } from "./outbox.js";
import { fill } from "./words.js";

const note = document.querySelector("[data-photos-follow]");

async function look() {
  const record = (await allReports()).find(({ receipt }) => receipt?.tracking_code === note.dataset.code);
  if (!record) return;
  const isWaiting = hasPictures(record);
  // Nothing to tell of a report without photos.
  if (!isWaiting && note.hidden && !record.lost) return;
  note.hidden = false;
  if (isWaiting) note.textContent = note.dataset.waiting;
  else if (record.lost) note.textContent = fill(note.dataset.lost, { why: record.lost[0] });
  else note.textContent = note.dataset.done;
}

onChange(() => look().catch(() => {}));
look().catch(() => {});
