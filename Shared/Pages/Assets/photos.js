// The form's photos: chosen or taken, made small, shown, and taken out again. They are kept on this phone at once.
import { clearFault, markFault } from "./faults.js";
import { makeKey } from "./outbox.js";
import { dropPictures, findPicture, keepPicture } from "./pictures.js";
import { shrink } from "./shrink.js";
import { fill, icon } from "./words.js";

const field = document.querySelector("[data-photos]");
const input = field.querySelector("input[type=file]");
const list = field.querySelector("[data-previews]");
const said = field.querySelector("[data-photo-said]");
const MOST = Number(field.dataset.most);
/** `{id, blob}` in the order in which they were chosen. */
let chosen = [];
/** Ends when all that was chosen so far is small. */
let working = Promise.resolve();

export const photoIds = () => chosen.map(({ id }) => id);

/** Tells the form that its photos changed, so that the draft is kept. */
const tell = () => field.dispatchEvent(new Event("change", { bubbles: true }));

function show() {
  const items = chosen.map(({ id, blob }, index) => {
    const item = document.createElement("li");
    const image = document.createElement("img");
    image.src = URL.createObjectURL(blob);
    image.alt = fill(field.dataset.name, { n: index + 1 });
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    // What this phone cannot draw is there all the same.
    image.addEventListener("error", () => item.classList.add("undrawn"), { once: true });
    const button = document.createElement("button");
    button.type = "button";
    button.append(icon("close"));
    button.setAttribute("aria-label", fill(field.dataset.remove, { n: index + 1 }));
    button.addEventListener("click", () => remove(id, index));
    item.append(image, button);
    return item;
  });
  list.replaceChildren(...items);
  list.hidden = items.length === 0;
  input.disabled = chosen.length >= MOST;
}

function remove(id, index) {
  chosen = chosen.filter((each) => each.id !== id);
  dropPictures([id]).catch(() => {});
  show();
  said.textContent = fill(field.dataset.removed, { n: index + 1 });
  (list.querySelectorAll("button")[Math.min(index, chosen.length - 1)] ?? input).focus();
  tell();
}

async function add(file) {
  const blob = await shrink(file);
  if (!blob) return field.dataset.tooLarge;
  const id = makeKey();
  // Without a store the photo lives as long as its page.
  await keepPicture(id, blob).catch(() => {});
  chosen.push({ id, blob });
  return undefined;
}

async function addAll(files) {
  const free = Math.max(0, MOST - chosen.length);
  const taken = files.slice(0, free);
  if (taken.length > 0) said.textContent = field.dataset.working;
  const problems = [];
  for (const file of taken) {
    problems.push(await add(file));
    show();
  }
  const problem = problems.find(Boolean) ?? (files.length > free ? field.dataset.full : undefined);
  clearFault(field);
  if (problem) markFault(field, input, problem);
  said.textContent = taken.length > 0 ? fill(field.dataset.added, { n: chosen.length, all: MOST }) : "";
  tell();
}

/** Shows photos that were kept before. */
export async function restorePhotos(ids) {
  for (const id of ids.slice(0, MOST)) {
    const blob = await findPicture(id);
    if (blob) chosen.push({ id, blob });
  }
  show();
}

/** Gives the photos to the plain form, which posts them itself. */
export function givePhotosToForm() {
  const files = new DataTransfer();
  chosen.forEach(({ blob }, index) => files.items.add(new File([blob], `${index + 1}`, { type: blob.type })));
  input.disabled = false;
  input.files = files.files;
}

/** Waits until what was chosen is small: who sends at once sends it too. */
export const photosReady = () => working;

/** Where the field stands in a step: the first has a place for it too. */
export function movePhotos(step) {
  const place = step.querySelector("[data-photo-place]");
  if (place && !place.contains(field)) place.append(field);
}

input.addEventListener("change", (event) => {
  // The file itself is nothing that the draft keeps.
  event.stopPropagation();
  const files = [...input.files];
  // The same file may be chosen again once it was taken out; what is posted plainly is put back then.
  input.value = "";
  working = working.then(() => addAll(files)).catch(() => {});
});
