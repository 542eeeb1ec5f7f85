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
    const showNames = () => map.getContainer().classList.toggle("few-names", map.getZoom() < NAMES_FROM);
    map.on("zoomend", showNames);
    showNames();
  }
  return layers;
}
