// The kelurahan as shapes, from our own data.
let fetched;

export function fetchAreas() {
  fetched ??= fetch("/v1/areas", { headers: { accept: "application/geo+json" } }).then((response) => {
    if (!response.ok) throw new Error("no areas");
    return response.json();
  });
  fetched.catch(() => (fetched = undefined));
  return fetched;
}

/** The names are shown from this zoom on: before it they would cover each other. */
const NAMES_FROM = 13;

/**
 * Draws the areas. `classOf(code)` adds a class, `label(code, name)` gives the text of its name,
 * `names` shows all names once there is room; `fit` shows the whole city.
 */
export async function addAreas(L, map, { classOf, label, names = true, fit = false, interactive = false } = {}) {
  const layers = new Map();
  const layer = L.geoJSON(await fetchAreas(), {
    interactive,
    style: ({ properties }) => ({ className: ["area", classOf?.(properties.code)].filter(Boolean).join(" ") }),
    onEachFeature: ({ properties }, shape) => {
      layers.set(properties.code, shape);
      const text = document.createElement("span");
      text.textContent = label?.(properties.code, properties.name) ?? properties.name;
      shape.bindTooltip(text, { permanent: names, direction: "center", sticky: !names, className: "area-name" });
    },
  });
  if (fit) map.fitBounds(layer.getBounds(), { padding: [8, 8] });
  layer.addTo(map);
  if (names) {
    const showNames = () => {
      map.getContainer().classList.toggle("few-names", map.getZoom() < NAMES_FROM);
      thinOut([...layers.values()]);
    };
    map.on("zoomend", showNames);
    showNames();
  }
  return layers;
}

/** Leaves out names that would cover another; a chosen area's comes first. */
function thinOut(shapes) {
  const isChosen = (shape) => shape.options.className.includes("chosen");
  const shown = [];
  for (const shape of shapes.sort((one, other) => isChosen(other) - isChosen(one))) {
    const name = shape.getTooltip()?.getElement();
    if (!name) continue;
    const box = name.getBoundingClientRect();
    const covers = shown.some(
      (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
    );
    name.classList.toggle("covered", covers);
    if (!covers) shown.push(box);
  }
}
