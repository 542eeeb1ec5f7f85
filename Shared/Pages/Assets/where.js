// Where a report lies, on a map that is fetched when it comes into view.
import { makeMap, pinIcon } from "./map.js";

async function show(element) {
  const { lat, lon, area, label } = element.dataset;
  try {
    const point = { lat: Number(lat), lon: Number(lon) };
    const { L, map } = await makeMap(element, {
      ...point,
      zoom: 15,
      scrollWheelZoom: false,
      areas: { classOf: (code) => (code === area ? "chosen" : "") },
    });
    L.marker([point.lat, point.lon], { icon: pinIcon(L), alt: label, keyboard: false }).addTo(map);
  } catch {
    // The address and the coordinates beside it say the same.
    element.hidden = true;
  }
}

export function showMaps(root = document) {
  for (const element of root.querySelectorAll("[data-where]")) {
    element.hidden = false;
    const observer = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      show(element);
    });
    observer.observe(element);
  }
}

showMaps();
