// The dashboard keeps its figures fresh, its tables sorted and its map coloured.
import "./offline.js";
import { keepAsking, refresh } from "./live.js";
import { showAreasMap } from "./choropleth.js";
import { makeSortable, sortAgain } from "./sort.js";

const address = document.querySelector("[data-dashboard]").dataset.dashboard;
const map = showAreasMap();
let last;

function dress() {
  for (const table of document.querySelectorAll("[data-sortable]")) {
    makeSortable(table);
    sortAgain(table);
  }
}

async function show() {
  await refresh();
  dress();
  map.recolour();
}

async function ask() {
  const response = await fetch(address, { cache: "no-store", headers: { accept: "application/json" } });
  if (response.status === 401) return location.reload();
  if (response.status === 503) {
    // The figures are being counted: the page tells of what moment they are.
    last = undefined;
    await show();
    return false;
  }
  if (!response.ok) throw new Error("no answer");
  const { as_of: asOf, ...figures } = await response.json();
  // The clock on the page goes on by the minute even when nothing else does.
  const seen = JSON.stringify([figures, asOf.slice(0, 16)]);
  if (seen === last) return true;
  last = seen;
  await show();
  return true;
}

dress();
keepAsking(ask, { every: 2000, most: 30_000 });
document.querySelector("[data-live-note]").hidden = false;
