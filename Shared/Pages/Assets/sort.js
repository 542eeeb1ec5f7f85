// Tables whose columns sort: the heading becomes a button, and the choice outlives an update.

/** Adds the buttons to the headings with data-sort. */
export function makeSortable(table) {
  for (const heading of table.tHead.rows[0].cells) {
    if (!heading.dataset.sort || heading.querySelector("button")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const first = heading.dataset.sort === "number" ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = heading.getAttribute("aria-sort") === first ? other : first;
      for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", order);
      sortAgain(table);
    });
  }
}

/** Puts the rows into the chosen order; rows without a value stand last either way. */
export function sortAgain(table) {
  const headings = [...table.tHead.rows[0].cells];
  const column = headings.findIndex((heading) => heading.hasAttribute("aria-sort"));
  if (column < 0) return;
  const sign = headings[column].getAttribute("aria-sort") === "ascending" ? 1 : -1;
  const isNumber = headings[column].dataset.sort === "number";
  const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const compare = (one, other) => {
    const [a, b] = [value(one), value(other)];
    if (a === "" || b === "") return (a === "") - (b === "");
    return sign * (isNumber ? Number(a) - Number(b) : a.localeCompare(b));
  };
  const body = table.tBodies[0];
  body.append(...[...body.rows].sort(compare));
}
