// A pin that is placed by a tap, moved by dragging, or moved by the arrow keys.
import { WITHOUT_TILES, makeMap, pinIcon } from "./map.js";

const STEPS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
const STEP_PIXELS = 12;

/** Starts the map; `placed(lat, lon)` hears of every place that the pin is put to. */
export async function startPin(element, { lat, lon, zoom, isPinned }, placed) {
  const { L, map } = await makeMap(element, { lat, lon, zoom, keyboard: false });
  let marker;

  function put(point, { tell = true } = {}) {
    if (marker) marker.setLatLng(point);
    else {
      marker = L.marker(point, { icon: pinIcon(L), draggable: true, keyboard: false }).addTo(map);
      marker.on("dragend", () => placed(marker.getLatLng().lat, marker.getLatLng().lng));
    }
    if (tell) placed(marker.getLatLng().lat, marker.getLatLng().lng);
  }

  function nudge([x, y]) {
    const from = marker ? map.latLngToContainerPoint(marker.getLatLng()) : map.getSize().divideBy(2);
    const to = map.containerPointToLatLng(from.add([x * STEP_PIXELS, y * STEP_PIXELS]));
    put(to);
    map.panInside(to, { padding: [40, 48] });
  }

  map.on("click", (event) => put(event.latlng));
  element.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (STEPS[event.key]) nudge(STEPS[event.key]);
    else if (event.key === "+" || event.key === "=") map.zoomIn();
    else if (event.key === "-") map.zoomOut();
    else if (event.key === "Enter" && !marker) put(map.getCenter());
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  if (isPinned) put([lat, lon], { tell: false });

  return {
    moveTo(toLat, toLon) {
      put([toLat, toLon], { tell: false });
      map.setView([toLat, toLon], Math.max(map.getZoom(), element.dataset.tiles ? 16 : WITHOUT_TILES));
    },
    remove() {
      marker?.remove();
      marker = undefined;
    },
  };
}
