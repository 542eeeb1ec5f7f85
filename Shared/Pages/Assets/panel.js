// A report beside the list on wide screens: the same page that the link leads to, fetched and shown in the panel.
import { startCommands } from "./commands.js";
import { startCopying } from "./copy.js";
import { fetchPage } from "./live.js";
import { icon } from "./words.js";
import { showMaps } from "./where.js";

const board = document.querySelector(".board");
const panel = document.querySelector("[data-panel-place]");
const isWide = matchMedia("(min-width: 900px)");
let address;

export const isOpen = () => !panel.hidden;
export const openReport = () => panel.querySelector("[data-report]")?.dataset;

/** Somebody is filling in a form: nothing may be swapped under their fingers. */
const isBusy = () => panel.querySelector("details.command[open]") !== null;

function markCard() {
  for (const card of document.querySelectorAll(".card[aria-current]")) card.removeAttribute("aria-current");
  const link = address && document.querySelector(`.card a[href="${CSS.escape(address)}"]`);
  link?.parentElement.setAttribute("aria-current", "true");
}

function show(page) {
  const report = page.querySelector("[data-panel]") ?? page.querySelector("main");
  const close = document.createElement("button");
  close.type = "button";
  close.className = "panel-close";
  close.setAttribute("aria-label", panel.dataset.close);
  close.append(icon("close"));
  close.addEventListener("click", closePanel);
  panel.replaceChildren(close, document.importNode(report, true));
  panel.ariaBusy = null;
  panel.hidden = false;
  panel.scrollTop = 0;
  board.classList.add("with-panel");
  markCard();
  startCommands(panel);
  showMaps(panel);
  startCopying(panel);
}

/** Bars in place of a report that is long in coming: on a good line nobody sees them. */
function showSkeleton() {
  const bars = document.createElement("div");
  bars.className = "skeleton";
  bars.append(...Array.from({ length: 5 }, () => document.createElement("span")));
  panel.replaceChildren(bars);
  panel.ariaBusy = "true";
  panel.hidden = false;
  board.classList.add("with-panel");
  markCard();
}

export async function openPanel(href) {
  address = href;
  const slow = setTimeout(showSkeleton, 300);
  try {
    const { page } = await fetchPage(href);
    if (address === href) show(page);
  } finally {
    clearTimeout(slow);
  }
}

/** The answer to the officer's own command may be faster than the news of it: what it says stays. */
function isKnown(page) {
  const [shown, fetched] = [openReport(), page.querySelector("[data-report]")?.dataset];
  return shown && fetched && shown.report === fetched.report && Number(shown.version) >= Number(fetched.version);
}

/** Shows the newest state of the open report, unless somebody is writing. */
export async function refreshPanel() {
  if (!isOpen() || isBusy()) return;
  const hadFocus = panel.contains(document.activeElement);
  const scrolled = panel.scrollTop;
  const { page, ok } = await fetchPage(address);
  if (!ok || isBusy() || isKnown(page)) return;
  const before = document.activeElement;
  show(page);
  panel.scrollTop = scrolled;
  if (!hadFocus) before?.focus({ preventScroll: true });
}

export function closePanel() {
  const link = address && document.querySelector(`.card a[href="${CSS.escape(address)}"]`);
  panel.hidden = true;
  panel.replaceChildren();
  board.classList.remove("with-panel");
  address = undefined;
  markCard();
  link?.focus();
}

/** A command from the panel: the answer is the report's page again, or the desk when the report has left. */
async function send(event) {
  const form = event.target;
  if (!form.action.includes("/laporan/")) return;
  event.preventDefault();
  for (const button of form.querySelectorAll("[type=submit]")) button.disabled = true;
  try {
    const { page, ok } = await fetchPage(form.action, { method: "POST", body: new FormData(form) });
    if (ok && !page.querySelector("[data-panel]")) closePanel();
    else show(page);
  } catch {
    // The line is gone: the plain form still works, and says so itself.
    for (const button of form.querySelectorAll("[type=submit]")) button.disabled = false;
  }
}

export function startPanel() {
  board.addEventListener("click", (event) => {
    const link = event.target.closest(".card a");
    if (!link || !isWide.matches || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openPanel(link.getAttribute("href")).catch(() => location.assign(link.href));
  });
  panel.addEventListener("submit", send);
  panel.addEventListener("keydown", (event) => event.key === "Escape" && closePanel());
}
