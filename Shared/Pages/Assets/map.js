// Maps: Leaflet from the front door, fetched when a map is first needed; tiles if the city names some, else our areas.
import { addAreas } from "./areas.js";
import { icon } from "./words.js";

const LEAFLET = "/assets/vendor/leaflet/leaflet";
/** The closest look at a place that makes sense where the areas are all that is drawn. */
export const WITHOUT_TILES = 13.5;
let leaflet;

export function loadLeaflet() {
  leaflet ??= new Promise((resolve, reject) => {
    const style = document.createElement("link");
    style.rel = "stylesheet";
    style.href = `${LEAFLET}.css`;
    // Before our own styles, so that ours have the last word.
    document.head.prepend(style);
    const script = document.createElement("script");
    script.src = `${LEAFLET}.min.js`;
    script.onload = () => resolve(window.L);
    script.onerror = () => reject(new Error("no map library"));
    document.head.append(script);
  });
  leaflet.catch(() => (leaflet = undefined));
  return leaflet;
}

/**
 * A map in `element`, which says by data-tiles where tiles come from. `areas` says how our own areas are drawn
 * where there are no tiles; null where the caller draws them itself. `options` go to Leaflet.
 */
export async function makeMap(element, { lat, lon, zoom, areas = {}, ...options }) {
  const L = await loadLeaflet();
  const map = L.map(element, { attributionControl: false, zoomSnap: 0.5, ...options });
  // Without tiles only the areas give bearings, so more of them are shown.
  if (lat !== undefined) map.setView([lat, lon], element.dataset.tiles ? zoom : Math.min(zoom, WITHOUT_TILES));
  map.zoomControl?.setPosition("bottomright");
  const { tiles, attribution } = element.dataset;
  const showAreas = () => areas && addAreas(L, map, areas).catch(() => {});
  if (tiles) {
    L.control.attribution({ prefix: false }).addTo(map);
    const layer = L.tileLayer(tiles, { attribution: escapeHTML(attribution), maxZoom: 19 }).addTo(map);
    // Without tiles the areas still make a map.
    layer.once("tileerror", showAreas);
  }
  if (!tiles) await showAreas();
  return { L, map };
}

/** The city's pin; it stands on its point. */
export function pinIcon(L) {
  const drawing = icon("pin");
  return L.divIcon({ className: "pin", html: drawing, iconSize: [40, 40], iconAnchor: [20, 38] });
}

// Leaflet takes an attribution as HTML.
function escapeHTML(text = "") {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML;
}
