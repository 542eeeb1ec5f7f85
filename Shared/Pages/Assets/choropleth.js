// The areas, shaded by how many reports are open; the list beside the map has the same figures.
import { island } from "./words.js";

export function showAreasMap() {
  const element = document.querySelector("[data-areas-map]");
  let layers = new Map();
  let open = island("open-by-area");
  const shade = (code) => (open[code] ? `shade-${open[code][1]}` : "");
  const label = (code, name) => `${name}: ${open[code]?.[0] ?? 0} ${element.dataset.open}`;

  async function draw() {
    try {
      const { makeMap } = await import("./map.js");
      const { addAreas } = await import("./areas.js");
      const { L, map } = await makeMap(element, { scrollWheelZoom: false, areas: null });
      layers = await addAreas(L, map, { classOf: shade, label, names: false, fit: true, interactive: true });
    } catch {
      element.hidden = true;
    }
  }

  element.hidden = false;
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    draw();
  });
  observer.observe(element);

  // A row that is pointed at, or focused, names its area on the map.
  const rows = document.querySelector("[data-live=areas]");
  const point = (event, isOn) => {
    const code = event.target.closest("[data-area]")?.dataset.area;
    layers.get(code)?.getElement()?.classList.toggle("named", isOn);
  };
  rows.addEventListener("pointerover", (event) => point(event, true));
  rows.addEventListener("pointerout", (event) => point(event, false));

  return {
    recolour() {
      open = island("open-by-area");
      for (const [code, shape] of layers) {
        shape.getElement()?.setAttribute("class", ["area", "leaflet-interactive", shade(code)].filter(Boolean).join(" "));
        const text = document.createElement("span");
        text.textContent = label(code, shape.feature.properties.name);
        shape.setTooltipContent(text);
      }
    },
  };
}
