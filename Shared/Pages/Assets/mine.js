// "My reports": what this phone has sent, and what still waits here. Only this phone knows the list.
import { isSending, removeReport } from "./drain.js";
import { allReports, hasPictures, isOpen, onChange } from "./outbox.js";
import { sendSoon } from "./wake.js";
import { fill, icon, words } from "./words.js";

const box = document.querySelector("[data-mine]");
const list = box.querySelector("[data-list]");
const blank = box.querySelector("template");
const said = box.querySelector("[data-said]");
const FIRST = 5;
let isWhole = false;

const looks = {
  waiting: { colour: "work", drawing: "clock" },
  sending: { colour: "work", drawing: "status-work" },
  refused: { colour: "wait", drawing: "warning" },
  sent: { colour: "done", drawing: "status-done" },
};

const days = new Intl.DateTimeFormat(words.lang === "id" ? "id-ID" : "en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: "UTC",
});

/** In the city's time, as all its pages say it. */
const moment = (at) => days.format(at + words.offset * 1000);

function makeItem({ id, name, category }) {
  const item = blank.content.firstElementChild.cloneNode(true);
  const part = (what) => item.querySelector(`[data-part=${what}]`);
  item.dataset.id = id;
  part("name").textContent = name;
  // The drawing of its tile below; a kind that the city no longer has takes that of the others.
  const tile = document.querySelector(`.tile[href$="=${CSS.escape(category)}"] use`);
  const drawing = tile?.getAttribute("href").split("#")[1] ?? "cat-lainnya";
  part("name").before(icon(drawing), " ");
  part("correct").href = `/lapor?perbaiki=${id}`;
  part("now").addEventListener("click", sendSoon);
  const ask = (isAsked) => {
    part("sure").hidden = !isAsked;
    part("ways").hidden = isAsked;
    part(isAsked ? "yes" : "remove").focus();
  };
  part("remove").addEventListener("click", () => ask(true));
  part("no").addEventListener("click", () => ask(false));
  part("yes").addEventListener("click", () => remove(id, () => ask(false)));
  return item;
}

async function remove(id, giveUp) {
  if (await removeReport(id, { isSent: list.querySelector(`[data-id="${id}"]`).dataset.state === "sent" })) {
    said.textContent = box.dataset.removed;
    box.querySelector("h2").focus({ preventScroll: true });
    return;
  }
  said.textContent = box.dataset.busy;
  giveUp();
}

/** What there is to tell of a report's photos. */
function photosOf(record) {
  if (hasPictures(record)) return box.dataset.photosWaiting;
  if (record.lost?.length) return fill(box.dataset.photosLost, { why: record.lost[0] });
  return record.state !== "sent" && record.media?.length ? fill(box.dataset.photos, { n: record.media.length }) : "";
}

function write(item, record, isUnderWay) {
  // A page that was closed while it sent leaves "sending" behind: it waits again.
  const state = record.state === "sending" && !isUnderWay ? "waiting" : record.state;
  const { colour, drawing } = looks[state];
  const part = (what) => item.querySelector(`[data-part=${what}]`);
  if (item.dataset.state !== state) {
    const words = document.createElement("span");
    words.textContent = box.dataset[state];
    part("state").className = `status ${colour}`;
    part("state").replaceChildren(icon(drawing), words);
    if (item.dataset.state) said.textContent = `${record.name}: ${box.dataset[state]}`;
    item.dataset.state = state;
  }
  part("when").textContent = moment(record.made_at);
  part("code").textContent = record.receipt?.tracking_code ?? "";
  part("why").textContent = record.problem?.faults.map(({ message }) => message).join(" ") ?? "";
  part("photos").textContent = photosOf(record);
  part("follow").hidden = state !== "sent";
  if (record.receipt) part("follow").href = record.receipt.links.manage;
  part("correct").hidden = state !== "refused";
  // While it is being sent nothing moves under a finger that is on its way.
  part("now").hidden = !isOpen(record) && !hasPictures(record);
  part("now").disabled = state === "sending";
  // One whose answer was lost may have arrived.
  const unsent = isOpen(record) && record.tries > 0 ? "sureMaybe" : "sureUnsent";
  part("question").textContent = box.dataset[state === "sent" ? "sureSent" : unsent];
}

async function render() {
  const records = await allReports();
  const isUnderWay = await isSending();
  const shown = isWhole ? records : records.slice(0, FIRST);
  const items = new Map([...list.children].map((item) => [item.dataset.id, item]));
  for (const item of items.values()) if (!shown.some(({ id }) => id === item.dataset.id)) item.remove();
  shown.forEach((record, at) => {
    const item = items.get(record.id) ?? makeItem(record);
    write(item, record, isUnderWay);
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  });
  box.querySelector("[data-nothing]").hidden = records.length > 0;
  box.querySelector("[data-about]").hidden = records.length === 0;
  const more = box.querySelector("[data-more]");
  more.hidden = shown.length === records.length;
  more.textContent = fill(more.dataset.text, { n: records.length });
  box.dataset.read = "";
}

box.querySelector("[data-more]").addEventListener("click", () => {
  isWhole = true;
  render();
});
// Without a store there is no list, and no section.
onChange(() => render().catch(() => {}));
render().catch(() => (box.hidden = box.dataset.read === undefined));
