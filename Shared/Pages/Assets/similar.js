// Open reports of the same kind nearby, offered while the place is being said. Quietly: a slow line, no line or an
// error shows nothing and holds nothing up.
import { forgetDraft } from "./draft.js";
import { makeKey } from "./outbox.js";
import { fill } from "./words.js";

const PAUSE_MS = 500;
const PATIENCE_MS = 6_000;
/** About ten metres: as near as it has to be told to find what is within a hundred and fifty. */
const DIGITS = 4;

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text ?? "";
  return made;
}

/** What is asked; undefined while kind or place is not said, and where nobody may know of others' reports. */
function question(form) {
  const category = form.querySelector("[name=category]:checked");
  if (!category || category.value === "lainnya" || category.dataset.sensitive !== undefined) return undefined;
  const query = new URLSearchParams({ category: category.value });
  const subtype = category.closest(".choice").querySelector("[name=subtype]:checked");
  if (subtype) query.set("subtype", subtype.value);
  const { lat, lon, area } = form.elements;
  if (lat.value) {
    query.set("lat", Number(lat.value).toFixed(DIGITS));
    query.set("lon", Number(lon.value).toFixed(DIGITS));
  } else if (area.value) query.set("area", area.value);
  else return undefined;
  return query.toString();
}

async function follow(report, card, section) {
  const button = card.querySelector("button");
  button.disabled = true;
  button.textContent = section.dataset.following;
  try {
    const answer = await fetch(`${report.links.self}/follow`, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": (card.dataset.key ??= makeKey()) },
      body: "{}",
      signal: AbortSignal.timeout(2 * PATIENCE_MS),
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    await forgetDraft().catch(() => {});
    location.assign(`${report.links.track}?hasil=follow`);
  } catch {
    button.disabled = false;
    button.textContent = section.dataset.failed;
  }
}

function makeCard(report, section) {
  const card = element("li", "card");
  const link = element("a", "");
  link.href = report.links.track;
  const head = element("span", "card-head");
  head.append(element("b", "", report.tracking_code));
  if (report.distance_m !== undefined) {
    head.append(element("span", "small", fill(section.dataset.metres, { m: report.distance_m })));
  }
  const place = [report.area?.name, report.address, report.landmark].filter(Boolean).join(" · ");
  link.append(head, element("span", "card-text", report.description), element("span", "card-place", place));
  const button = element("button", "", section.dataset.follow);
  button.type = "button";
  button.append(element("span", "vanish", ` ${report.tracking_code}`));
  button.addEventListener("click", () => follow(report, card, section));
  card.append(link, button);
  return card;
}

export function startSimilar(form) {
  const section = form.querySelector("[data-similar]");
  const said = form.querySelector("[data-similar-said]");
  let asked;
  let timer;
  let running;

  function show(reports) {
    section.querySelector("ul").replaceChildren(...reports.map((report) => makeCard(report, section)));
    section.hidden = reports.length === 0;
    said.textContent = reports.length === 0 ? "" : fill(section.dataset.found, { n: reports.length });
  }

  async function ask() {
    const wanted = question(form);
    if (wanted === asked) return;
    asked = wanted;
    running?.abort();
    if (!wanted) return show([]);
    const mine = (running = new AbortController());
    try {
      const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const answer = await fetch(`/v1/reports/nearby?${wanted}`, { signal });
      const reports = answer.ok ? await answer.json() : [];
      if (wanted === asked) show(reports);
    } catch {
      if (wanted !== asked) return;
      asked = undefined;
      show([]);
    }
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE_MS);
  };
  for (const type of ["placed", "restored", "change"]) form.addEventListener(type, soon);
  soon();
}
