// The tracking page follows its report: asks for its state, and fetches the page anew only when that changed.
import "./copy.js";
import "./lighten.js";
import { keepAsking, refresh } from "./live.js";
import "./news.js";
import { runCountdowns } from "./time.js";

const state = document.querySelector("[data-poll]");

async function ask() {
  const response = await fetch(state.dataset.poll, { cache: "no-store", headers: { accept: "application/json" } });
  if (!response.ok) throw new Error("no answer");
  const report = await response.json();
  const isSame = report.status === state.dataset.status && String(report.version ?? 0) === state.dataset.version;
  if (!isSame) await refresh();
  return !isSame;
}

runCountdowns();
keepAsking(ask, { every: 2500, most: 30_000 });
document.querySelector("[data-live-note]").hidden = false;
