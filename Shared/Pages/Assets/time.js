// Countdowns that run: every element with data-due and the class countdown, once a second.
import { fill, words } from "./words.js";

// The city's clock counts, not the phone's; but a page that came back from the cache carries an old "now".
const [navigation] = performance.getEntriesByType("navigation");
const skew = Date.parse(words.now) - Date.now();
const correction = navigation?.type === "back_forward" || Math.abs(skew) < 30_000 ? 0 : skew;

export const now = () => Date.now() + correction;

/** "2 jam 10 menit": the two largest units, seconds only below ten minutes. */
export function duration(seconds) {
  const whole = Math.abs(Math.trunc(seconds));
  const minutes = Math.floor(whole / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  let parts = [[minutes, words.minute], [whole % 60, words.second]];
  if (days > 0) parts = [[days, words.day], [hours % 24, words.hour]];
  else if (hours > 0) parts = [[hours, words.hour], [minutes % 60, words.minute]];
  else if (minutes >= 10) parts = [[minutes, words.minute]];
  const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return shown.join(" ") || `0 ${words.second}`;
}

/** "14.05": the city's clock at a moment. */
export function clock(at) {
  const local = new Date(at + words.offset * 1000).toISOString();
  return local.slice(11, 16).replace(":", words.lang === "id" ? "." : ":");
}

export function writeCountdown(element) {
  const due = Date.parse(element.dataset.due);
  if (Number.isNaN(due)) return;
  const seconds = Math.floor((due - now()) / 1000);
  const text = fill(seconds >= 0 ? words.left : words.late, { d: duration(seconds) });
  if (element.textContent !== text) element.textContent = text;
  const row = element.closest(".deadlines div") ?? element;
  row.classList.toggle("late", seconds < 0);
}

function tick() {
  for (const element of document.querySelectorAll(".countdown[data-due]")) writeCountdown(element);
}

/** Countdowns run while the page is looked at. */
export function runCountdowns() {
  tick();
  setInterval(() => document.hidden || tick(), 1000);
  document.addEventListener("visibilitychange", () => document.hidden || tick());
}
