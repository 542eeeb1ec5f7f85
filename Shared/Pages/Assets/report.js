// The report form in three steps: what, where, describe. One page and one post, one question at a time.
import { isOffline, showOffline } from "./offline.js";
import { startPlace } from "./place.js";
import { fill, icon } from "./words.js";

const form = document.querySelector("[data-report]");
const steps = [...form.querySelectorAll("[data-step]")];
const progress = form.querySelector("[data-progress]");
const category = () => form.querySelector("[name=category]:checked");
let current = 0;

function show(index, { focus = true } = {}) {
  current = Math.max(0, Math.min(index, steps.length - 1));
  steps.forEach((step, at) => (step.hidden = at !== current));
  progress.textContent = fill(form.dataset.stepText, { n: current + 1, all: steps.length });
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
  const isSensitive = chosen?.dataset.sensitive !== undefined;
  form.querySelector("[data-always-private]").hidden = !isSensitive;
  form.querySelector("[data-private]").hidden = isSensitive;
}

// MARK: faults beside the field

function clearFault(field) {
  field.classList.remove("wrong");
  field.querySelector(":scope > .fault")?.remove();
  for (const input of field.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function showFault(field, input) {
  clearFault(field);
  const fault = document.createElement("p");
  fault.className = "fault";
  fault.id = `${field.dataset.fault}-missing`;
  fault.append(icon("warning"), ` ${field.dataset.empty}`);
  (field.querySelector(":scope > .hint") ?? field.firstElementChild).after(fault);
  field.classList.add("wrong");
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", `${fault.id} ${input.getAttribute("aria-describedby") ?? ""}`.trim());
  input.focus();
  field.scrollIntoView({ block: "start" });
}

const value = (name) => form.elements[name].value.trim();

const checks = [
  () => category() || showFault(field(0), form.querySelector("[name=category]")),
  () => value("lat") || value("area") || value("address") || showFault(field(1), form.elements.area),
  () => value("description").length >= 3 || showFault(field(2), form.elements.description),
];

const field = (index) => steps[index].querySelector("[data-empty]");

/** Whether a step is filled in; else its fault is shown and takes the focus. */
const isFilled = (index) => Boolean(checks[index]());

// MARK: the counter

function count() {
  const counter = form.querySelector("[data-counter]");
  const length = [...form.elements.description.value].length;
  counter.hidden = length === 0;
  counter.textContent = fill(counter.dataset.counter, { n: length });
}

// MARK: sending

function send(event) {
  const missing = checks.findIndex((_, index) => !isQuietlyFilled(index));
  if (missing >= 0) {
    event.preventDefault();
    if (missing !== current) show(missing, { focus: false });
    isFilled(missing);
    return;
  }
  if (isOffline()) {
    event.preventDefault();
    showOffline();
    scrollTo({ top: 0 });
    return;
  }
  const button = form.querySelector("[data-send]");
  button.dataset.usual = button.textContent;
  button.textContent = button.dataset.sending;
  button.disabled = true;
}

function isQuietlyFilled(index) {
  if (index === 0) return category() !== null;
  if (index === 1) return Boolean(value("lat") || value("area") || value("address"));
  return value("description").length >= 3;
}

// MARK: start

function start() {
  document.querySelector("main").classList.add("stepwise");
  form.querySelector(".chosen")?.setAttribute("open", "");
  progress.hidden = false;
  steps.forEach((step, index) => {
    field(index).dataset.fault = step.dataset.step;
    for (const button of step.querySelectorAll("[data-next], [data-back]")) button.hidden = false;
    step.querySelector("[data-next]")?.addEventListener("click", () => isFilled(index) && goTo(index + 1));
    step.querySelector("[data-back]")?.addEventListener("click", () => goTo(index - 1));
    step.addEventListener("input", () => clearFault(field(index)));
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
  addEventListener("popstate", () => show(Math.max(0, steps.findIndex((step) => `#${step.dataset.step}` === location.hash))));
  addEventListener("pageshow", () => {
    const button = form.querySelector("[data-send]");
    button.disabled = false;
    if (button.dataset.usual) button.textContent = button.dataset.usual;
  });
  for (const link of document.querySelectorAll(".summary a")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const target = document.querySelector(link.hash);
      show(steps.findIndex((step) => step.contains(target)), { focus: false });
      target.focus();
    });
  }
  count();
  const faulty = steps.findIndex((step) => step.querySelector(".wrong"));
  const hasMore = form.querySelector(".choice > input:checked ~ .subtypes") !== null;
  show(faulty >= 0 ? faulty : category() && !hasMore ? 1 : 0, { focus: false });
  document.querySelector("#faults")?.focus();
}

start();
startPlace(form);
