// Reports on a map: for each a sign of its status, by shape and colour; signs that would cover each other are one, with
// their number. The list beside the map says the same, and the card that is looked at has its sign marked and named.
import { icon } from "./words.js";

/** A sign's side in pixels. */
const SIDE = 32;

/** Points nearer to each other than a sign is wide. */
function grouped(map, points) {
  const groups = [];
  for (const point of points) {
    const at = map.latLngToLayerPoint([point.lat, point.lon]);
    const near = groups.find((group) => group.at.distanceTo(at) < SIDE);
    if (near) near.points.push(point);
    else groups.push({ at, points: [point] });
  }
  return groups;
}

function drawing({ points }) {
  if (points.length === 1) return icon(`status-${points[0].status}`);
  const number = document.createElement("b");
  number.textContent = points.length;
  return number;
}

/** What a tap does: one report is looked at in the list, several come apart, as far as they can. */
function open(map, { points }) {
  const [{ card, lat, lon }] = points;
  if (points.some((other) => other.lat !== lat || other.lon !== lon)) {
    return map.fitBounds(points.map((point) => [point.lat, point.lon]), { padding: [48, 48] });
  }
  card.scrollIntoView({ block: "center" });
  return card.querySelector("a").focus({ preventScroll: true });
}

/** Shows points `{ lat, lon, status, card }`; the card's first bold text is the name. */
export function showPoints(L, map, points) {
  const layer = L.layerGroup().addTo(map);
  const name = ({ card }) => card.querySelector("b").textContent;
  let signs = new Map();

  function draw() {
    layer.clearLayers();
    signs = new Map();
    for (const group of grouped(map, points)) {
      const kind = group.points.length > 1 ? "many" : group.points[0].status;
      const first = group.points[0];
      const sign = L.marker([first.lat, first.lon], {
        icon: L.divIcon({ className: `sign ${kind}`, html: drawing(group), iconSize: [SIDE, SIDE] }),
        keyboard: false,
      });
      // A tooltip takes its text as HTML unless it is an element.
      const words = document.createElement("span");
      words.textContent = [...new Set(group.points.map(name))].join(", ");
      sign.bindTooltip(words, { direction: "top", offset: [0, -SIDE / 2] }).on("click", () => open(map, group)).addTo(layer);
      for (const point of group.points) signs.set(point, sign);
    }
  }

  map.on("zoomend", draw);
  draw();
  for (const point of points) {
    const mark = (isLookedAt) => {
      const sign = signs.get(point);
      sign.getElement()?.classList.toggle("looked-at", isLookedAt);
      if (isLookedAt) sign.setZIndexOffset(1000).openTooltip();
      else sign.setZIndexOffset(0).closeTooltip();
    };
    for (const type of ["focusin", "mouseenter"]) point.card.addEventListener(type, () => mark(true));
    for (const type of ["focusout", "mouseleave"]) point.card.addEventListener(type, () => mark(false));
  }
}
