// The desk, live: cards come, move between the columns and go, as the agency's events tell.
import "./offline.js";
import { countColumns, findCard, isUrgent, makeCard, settle, settleIn, statusOf, writeReport, writeState } from "./card.js";
import { countOutside, holdsWords, mayFit } from "./filter.js";
import { fetchPage, flash, morph } from "./live.js";
import { isOpen, openReport, refreshPanel, startPanel } from "./panel.js";
import { ring, startSound } from "./sound.js";
import { follow } from "./stream.js";
import { runCountdowns } from "./time.js";
import { fill } from "./words.js";

const desk = document.querySelector("[data-desk]");
const agency = desk.dataset.desk;
const connection = document.querySelector("[data-connection]");
const fresh = document.querySelector("[data-fresh]");
const more = document.querySelector("[data-more]");
const announce = document.querySelector("[data-announce]");
/** New cards that wait behind the button, by report. */
const waiting = new Map();
let pause = 1000;

function say(state) {
  connection.dataset.state = state;
  connection.querySelector("[data-said]").textContent = connection.dataset[state];
  if (state === "on") pause = 1000;
}

// MARK: new reports

/** Somebody reads further down or has a report open: what is new waits, so that nothing jumps. */
const isReading = () => isOpen() || scrollY > 120;

function offerFresh() {
  fresh.hidden = waiting.size === 0;
  fresh.textContent = fill(fresh.dataset.text, { n: waiting.size });
  fresh.classList.toggle("urgent", [...waiting.values()].some(({ card }) => card.classList.contains("urgent")));
  if (waiting.size > 0) announce.textContent = fill(announce.dataset.announce, { n: waiting.size });
}

function showFresh() {
  for (const { card, status } of waiting.values()) arrive(card, status);
  waiting.clear();
  offerFresh();
  scrollTo({ top: 0 });
}

function arrive(card, status) {
  settle(card, status);
  countColumns();
  flash(card);
}

/** Whether it is shown: a choice may leave it out. */
function take(report, { category, status, version, priority, next_due_at: due }) {
  const known = findCard(report.id) ?? waiting.get(report.id)?.card;
  if (known && Number(known.dataset.version) >= version) return true;
  const told = { category: category ?? report.category, area: report.area?.code, status, due };
  if (!mayFit(told) || !holdsWords(report)) {
    drop(report.id);
    return false;
  }
  const card = known ?? makeCard({ ...report, priority });
  if (known) writeReport(card, { ...report, priority });
  writeState(card, { status, version, due });
  if (known?.isConnected) {
    arrive(card, status);
  } else if (isReading()) {
    waiting.set(report.id, { card, status });
    offerFresh();
  } else {
    arrive(card, status);
    announce.textContent = fill(announce.dataset.announce, { n: 1 });
  }
  return true;
}

/** The agency has got a report. */
function receive(report, state) {
  if (!take(report, state)) countOutside();
  ring(isUrgent({ ...report, priority: state.priority }));
}

// MARK: what happens to reports

function drop(id) {
  findCard(id)?.remove();
  waiting.delete(id);
  offerFresh();
  countColumns();
}

/** A report that has no card here: the list knows what it says. */
async function fetchReport(id) {
  const response = await fetch(`/v1/agencies/${agency}/reports/${id}`, { cache: "no-store" });
  if (response.status === 404 || response.status === 403) return drop(id);
  if (!response.ok) return;
  const report = await response.json();
  take(report, report);
}

function change(data) {
  const card = findCard(data.report_id) ?? waiting.get(data.report_id)?.card;
  const fits = mayFit({ ...data, due: data.next_due_at });
  if (!card) return !fits || statusOf(data.status).column === "done" ? undefined : fetchReport(data.report_id);
  if (Number(card.dataset.version) >= data.version) return;
  if (!fits) return drop(data.report_id);
  writeState(card, { status: data.status, version: data.version, due: data.next_due_at });
  const isWaiting = waiting.get(data.report_id);
  if (isWaiting) isWaiting.status = data.status;
  else arrive(card, data.status);
}

function heard(type, data, event) {
  const id = data.report_id ?? data.report?.id ?? event.subject;
  if (type === "assigned") receive(data.report, data);
  else if (type === "transferred_out") drop(id);
  else if (type === "redacted") {
    drop(id);
    fetchReport(id);
  } else change(data);
  const shown = openReport();
  if (shown && shown.report === id && Number(shown.version) < data.version) refreshPanel().catch(() => {});
}

// MARK: further down

/** The cards of the next page come to those that are here, and the link then leads to the page after it. */
async function showMore(event) {
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  try {
    const { page, ok } = await fetchPage(link.href);
    if (!ok) throw new Error("no page");
    const cards = page.querySelectorAll("[data-column]:not([data-column=done]) > .card");
    const added = [...cards].filter(({ dataset: { id } }) => !findCard(id) && !waiting.has(id));
    for (const card of added) settleIn(card.closest("[data-column]").dataset.column, card);
    countColumns();
    added[0]?.querySelector("a").focus({ preventScroll: true });
    morph(more, page.querySelector("[data-more]"));
  } catch {
    link.ariaBusy = null;
    link.textContent = more.dataset.failed;
  }
}

// MARK: the line

/** The server does not go on from here: take the desk as it is now, and follow from there. */
async function startOver() {
  say("off");
  await new Promise((resolve) => setTimeout(resolve, pause));
  pause = Math.min(pause * 2, 30_000);
  try {
    const { page, ok } = await fetchPage(location.href);
    if (!ok) throw new Error("no desk");
    for (const column of document.querySelectorAll("[data-column]")) {
      morph(column, page.querySelector(`[data-column=${column.dataset.column}]`));
    }
    morph(more, page.querySelector("[data-more]"));
    waiting.clear();
    offerFresh();
    countColumns();
    listen(page.querySelector("[data-desk]").dataset.cursor);
  } catch {
    say("lost");
    startOver();
  }
}

function listen(cursor) {
  follow(agency, cursor, { heard, state: say, refused: startOver });
}

/** In the one list of a phone a status is reached by its most urgent card. */
function jump(event) {
  const cards = [...document.querySelectorAll(`${event.currentTarget.hash}:not(.done) .card`)];
  if (cards.length === 0) return;
  event.preventDefault();
  const first = cards.reduce((one, other) => (Number(other.style.order) < Number(one.style.order) ? other : one));
  first.scrollIntoView({ block: "start" });
  first.querySelector("a").focus({ preventScroll: true });
}

for (const link of document.querySelectorAll(".jump a")) link.addEventListener("click", jump);
fresh.addEventListener("click", showFresh);
addEventListener("scroll", () => scrollY === 0 && !isOpen() && waiting.size > 0 && showFresh(), { passive: true });
more.addEventListener("click", showMore);
startPanel();
startSound();
runCountdowns();
countColumns();
listen(desk.dataset.cursor);
