// The list of reports: near where the phone is, and on a map beside the list.
import { makeMap } from "./map.js";
import { showPoints } from "./points.js";

/** Half of a box's side around somebody, in degrees: about a kilometre and a half. */
const NEAR = 0.014;
/** Where people are is told to the server no closer than this: about a hundred metres. */
const DIGITS = 3;

const form = document.querySelector(".choose");
const button = document.querySelector("[data-near]");
const said = document.querySelector("[data-near-said]");

function near({ coords: { latitude, longitude } }) {
  const box = [longitude - NEAR, latitude - NEAR, longitude + NEAR, latitude + NEAR];
  const query = new URLSearchParams(new FormData(form));
  query.set("bbox", box.map((degrees) => degrees.toFixed(DIGITS)).join(","));
  query.delete("area");
  location.assign(`/laporan?${query}`);
}

function locate() {
  said.textContent = said.dataset.looking;
  navigator.geolocation.getCurrentPosition(near, () => (said.textContent = said.dataset.denied), {
    timeout: 15_000,
    maximumAge: 60_000,
  });
}

/** The list says the same; without the map library it stands alone. */
async function showMap(points) {
  const element = document.querySelector("[data-map]");
  element.hidden = false;
  try {
    const { L, map } = await makeMap(element, { lat: points[0].lat, lon: points[0].lon, zoom: 14, keyboard: false });
    map.fitBounds(points.map(({ lat, lon }) => [lat, lon]), { padding: [32, 32], maxZoom: 16 });
    const listed = points.map((point) => ({ ...point, card: document.querySelector(`.card[data-id="${point.id}"]`) }));
    showPoints(L, map, listed);
  } catch {
    element.hidden = true;
  }
}

if ("geolocation" in navigator) {
  button.hidden = false;
  button.addEventListener("click", locate);
}
const points = JSON.parse(document.querySelector("#points").textContent);
if (points.length > 0) showMap(points);
