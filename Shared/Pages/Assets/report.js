// The report form in three steps: what, where, describe. One page and one report, one question at a time.
import { clearFault, hideRefusal, showFault, showRefusal } from "./faults.js";
import { findMissingConsent } from "./fields.js";
import { startKnown } from "./known.js";
import { movePhotos } from "./photos.js";
import { startPlace } from "./place.js";
import { restore } from "./restore.js";
import { startSimilar } from "./similar.js";
import { startOver, submit } from "./submit.js";
import { fill } from "./words.js";

const form = document.querySelector("[data-report]");
const steps = [...form.querySelectorAll("[data-step]")];
const progress = form.querySelector("[data-progress]");
const category = () => form.querySelector("[name=category]:checked");
const field = (index) => steps[index].querySelector("[data-empty]");
const value = (name) => form.elements[name].value.trim();
let current = 0;

function show(index, { focus = true } = {}) {
  current = Math.max(0, Math.min(index, steps.length - 1));
  steps.forEach((step, at) => (step.hidden = at !== current));
  progress.textContent = fill(form.dataset.stepText, { n: current + 1, all: steps.length });
  movePhotos(steps[current]);
  showCalls();
  if (!focus) return;
  steps[current].focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/** Goes on, and lets the browser's back button come back. */
function goTo(index) {
  history.pushState({ step: index }, "", `#${steps[index].dataset.step}`);
  show(index);
}

// Whom to phone first: the chosen category's panel; else, on the first step, all of them in short.
function showCalls() {
  const chosen = category();
  for (const panel of document.querySelectorAll("[data-call]")) panel.hidden = panel.dataset.call !== chosen?.value;
  document.querySelector("[data-calls]").hidden = current > 0 || chosen?.dataset.urgent !== undefined;
  for (const asked of form.querySelectorAll("[data-questions]")) {
    asked.hidden = asked.dataset.questions !== chosen?.value;
  }
  const isSensitive = chosen?.dataset.sensitive !== undefined;
  form.querySelector("[data-always-private]").hidden = !isSensitive;
  form.querySelector("[data-private]").hidden = isSensitive;
}

// MARK: what each step needs

const needs = [
  { isMet: () => category() !== null, input: () => form.querySelector("[name=category]") },
  { isMet: () => Boolean(value("lat") || value("area") || value("address")), input: () => form.elements.area },
  { isMet: () => value("description").length >= 3, input: () => form.elements.description },
];

/** Whether a step is filled in; else its fault is shown and takes the focus. */
function isFilled(index) {
  if (!needs[index].isMet()) showFault(field(index), needs[index].input());
  return needs[index].isMet();
}

const firstUnfilled = () => needs.findIndex(({ isMet }) => !isMet());

function count() {
  const counter = form.querySelector("[data-counter]");
  const length = [...form.elements.description.value].length;
  counter.hidden = length === 0;
  counter.textContent = fill(counter.dataset.counter, { n: length });
}

/** The links of a summary lead to their step and field. */
function leadTo(event) {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  const target = document.querySelector(link.hash);
  show(steps.findIndex((step) => step.contains(target)), { focus: false });
  target.focus();
}

// MARK: sending

let draft;

function refuse({ id, problem }) {
  draft.stop();
  draft = draft.again(id);
  showRefusal(form, problem);
  show(Math.max(0, steps.findIndex((step) => step.querySelector(".wrong"))), { focus: false });
  document.querySelector("[data-refusal]").focus();
}

async function send(event) {
  event.preventDefault();
  const missing = firstUnfilled();
  if (missing >= 0) {
    if (missing !== current) show(missing, { focus: false });
    return isFilled(missing);
  }
  const consent = findMissingConsent(form);
  if (consent) return showFault(consent.closest(".field"), consent);
  hideRefusal();
  await ready;
  return submit(form, draft, refuse);
}

// MARK: start

function start() {
  document.querySelector("main").classList.add("stepwise");
  form.querySelector(".chosen")?.setAttribute("open", "");
  progress.hidden = false;
  // What a kind of problem asks beside is asked last, where it holds nobody up.
  form.querySelector("[data-asked]").append(...form.querySelectorAll("[data-questions]"));
  steps.forEach((step, index) => {
    field(index).dataset.fault = step.dataset.step;
    for (const button of step.querySelectorAll("[data-next], [data-back]")) button.hidden = false;
    step.querySelector("[data-next]")?.addEventListener("click", () => isFilled(index) && goTo(index + 1));
    step.querySelector("[data-back]")?.addEventListener("click", () => goTo(index - 1));
    step.addEventListener("input", ({ target }) => [field(index), target.closest(".field")].forEach(clearFault));
  });
  form.addEventListener("change", (event) => event.target.name === "category" && showCalls());
  form.addEventListener("submit", send);
  // Enter in a field of an early step goes on instead of sending half a report.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.matches("textarea, button, summary, a")) return;
    if (current === steps.length - 1) return;
    event.preventDefault();
    if (isFilled(current)) goTo(current + 1);
  });
  form.elements.description.addEventListener("input", count);
  const stepOfHash = () => steps.findIndex((step) => `#${step.dataset.step}` === location.hash);
  addEventListener("popstate", () => show(Math.max(0, stepOfHash())));
  for (const summary of document.querySelectorAll(".summary")) summary.addEventListener("click", leadTo);
  document.querySelector("[data-start-over]").addEventListener("click", startOver);
  showBegin();
  document.querySelector("#faults")?.focus();
}

/** Opens the first step that is not done. */
function showBegin() {
  count();
  const faulty = steps.findIndex((step) => step.querySelector(".wrong"));
  const hasMore = form.querySelector(".choice > input:checked ~ .subtypes") !== null;
  show(faulty >= 0 ? faulty : category() && !hasMore ? 1 : 0, { focus: false });
}

start();
startPlace(form);
startSimilar(form);
startKnown(form);
const ready = restore(form).then((restored) => {
  draft = restored;
  if (!restored.isFilled) return;
  form.dispatchEvent(new Event("restored"));
  showBegin();
  if (restored.problem) refuse({ id: restored.key, problem: restored.problem });
});
