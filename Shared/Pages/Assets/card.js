// A card from what an event or the list of the agency's reports tells; the markup is the server's own.
import { clock, writeCountdown } from "./time.js";
import { fill, icon, island } from "./words.js";

const names = island("desk-words");
const blank = document.querySelector("[data-blank]");

export const statusOf = (code) => names.statuses[code] ?? names.statuses.assigned;

function place({ area, rt, rw, address, landmark }) {
  const neighbourhood = [rt && `RT ${rt}`, rw && `RW ${rw}`].filter(Boolean).join(" / ");
  const named = area?.name && fill(area.approximate ? names.about : names.exact, { area: area.name });
  return [named, neighbourhood, address, landmark && fill(names.near, { landmark })].filter(Boolean).join(" · ");
}

const slot = (card, name) => card.querySelector(`[data-slot=${name}]`);

/** A new card for a report. */
export function makeCard(report) {
  const card = blank.content.firstElementChild.cloneNode(true);
  card.dataset.id = report.id;
  card.querySelector("a").href = `/desk/${names.agency}/laporan/${report.id}`;
  writeReport(card, report);
  return card;
}

export const isUrgent = ({ priority, category }) => priority === "urgent" || names.urgent.includes(category);

/** Writes what was reported. */
export function writeReport(card, report) {
  const category = names.categories[report.category] ?? names.other;
  const drawing = names.drawn.includes(report.category) ? report.category : "lainnya";
  card.classList.toggle("urgent", isUrgent(report));
  slot(card, "urgent").hidden = !isUrgent(report);
  slot(card, "icon").setAttribute("href", `${document.body.dataset.icons}#cat-${drawing}`);
  slot(card, "category").textContent = names.subtypes[report.category]?.[report.subtype] ?? category;
  slot(card, "code").textContent = report.tracking_code ?? "";
  slot(card, "description").textContent = report.description ?? "";
  slot(card, "place").textContent = place(report);
}

/** Writes where it stands: status, version and the promise that runs. */
export function writeState(card, { status, version, due }) {
  const { word, colour, icon: drawing } = statusOf(status);
  const text = document.createElement("span");
  text.textContent = word;
  const state = slot(card, "status");
  state.className = `status ${colour}`;
  state.replaceChildren(icon(drawing), text);
  card.dataset.version = version;
  card.querySelector(".countdown")?.remove();
  card.querySelector(".done-at")?.remove();
  const last = document.createElement("span");
  if (due) {
    card.dataset.due = last.dataset.due = due;
    last.className = "countdown";
    writeCountdown(last);
  } else {
    delete card.dataset.due;
    last.className = "done-at";
    last.textContent = clock(Date.now());
  }
  slot(card, "category").after(last);
}

/** Puts a card where it belongs: by deadline, or on top of what was done, where that is shown. */
export function settle(card, status) {
  settleIn(statusOf(status).column, card);
}

/** The same, in a column by its name. */
export function settleIn(name, card) {
  const column = document.querySelector(`[data-column=${name}]`);
  if (!column) return card.remove();
  const due = Date.parse(card.dataset.due);
  const later = Number.isNaN(due)
    ? column.firstElementChild
    : [...column.children].find((other) => other !== card && !(Date.parse(other.dataset.due) <= due));
  if (card.parentElement !== column || card.nextElementSibling !== later) column.insertBefore(card, later ?? null);
}

/** On a phone all open cards are one list: the first due on top, whatever their status. */
function rankCards() {
  const due = (card) => Date.parse(card.dataset.due) || Infinity;
  const open = [...document.querySelectorAll("[data-column]:not([data-column=done]) > .card")];
  open.sort((one, other) => due(one) - due(other));
  open.forEach((card, rank) => (card.style.order = rank));
  document.querySelector(".columns").classList.add("one-list");
}

export const findCard = (id) => document.querySelector(`.card[data-id="${CSS.escape(id)}"]`);

/** The numbers beside the columns' names, what an empty one says, and the order of the one list. */
export function countColumns() {
  rankCards();
  for (const column of document.querySelectorAll("[data-column]")) {
    const name = column.dataset.column;
    const count = column.childElementCount;
    for (const number of document.querySelectorAll(`[data-count=${name}]`)) number.textContent = count;
    document.querySelector(`[data-nothing=${name}]`).hidden = count > 0;
  }
}
