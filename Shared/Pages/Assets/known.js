// What the city says that it knows, shown where it speaks of what is being reported; and no longer than it holds.

/** Hides what has ended since the page was written, which may have been kept on this phone. */
export function hideEnded(root = document) {
  for (const known of root.querySelectorAll("[data-until]")) {
    if (Date.parse(known.dataset.until) <= Date.now()) known.hidden = true;
  }
}

function concerns({ category, areas }, chosen, area) {
  if (category && category !== chosen) return false;
  return !area || !areas || areas.split(" ").includes(area);
}

/** Follows the form: its category, and the kelurahan that was chosen, or is nearest to the point. */
export function startKnown(form) {
  const list = [...document.querySelectorAll("[data-known]")];
  if (list.length === 0) return;
  const update = () => {
    const chosen = form.querySelector("[name=category]:checked")?.value;
    const area = form.elements.area.value || form.dataset.nearest;
    for (const known of list) known.hidden = !chosen || !concerns(known.dataset, chosen, area);
    hideEnded();
  };
  for (const type of ["placed", "restored", "change"]) form.addEventListener(type, update);
  update();
}
