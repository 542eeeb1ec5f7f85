// What the desk shows of the agency's work while somebody looks for something; the server decides alike.
import { now } from "./time.js";
import { fill, island } from "./words.js";

const filter = island("desk-words").filter;
const outside = document.querySelector("[data-outside]");
let missed = 0;

/** Only ASCII letters, as the store compares them. */
const lower = (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Whether a report may be among those shown, as far as an event of it tells: codes and times, and no text. */
export function mayFit({ category, area, status, due }) {
  if (!filter) return true;
  if (filter.category && filter.category !== category) return false;
  if (filter.area && filter.area !== area) return false;
  if (filter.status && filter.status !== status) return false;
  return !filter.isOverdue || Date.parse(due) <= now();
}

/** Whether what a report says of itself holds every word looked for. */
export function holdsWords({ tracking_code: code, description, address, landmark, area }) {
  const text = lower([code, description, address, landmark].map((part) => part ?? "").join("\n"));
  const name = lower(area?.name ?? "");
  return !filter || filter.words.every((word) => text.includes(lower(word)) || name.includes(lower(word)));
}

/** Something new came that the choice leaves out: a line says so. */
export function countOutside() {
  if (!outside) return;
  missed += 1;
  outside.textContent = fill(outside.dataset.text, { n: missed });
  outside.hidden = false;
}
