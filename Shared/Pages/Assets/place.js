// Where it is: the phone's position, or a pin on the map, which is only fetched when somebody asks for it.
import { fill } from "./words.js";

const EARTH_KM_PER_DEGREE = 111.195;
/** Points farther than this from every centre are taken to be outside the city. */
const SERVED_KM = 5;

/** The kelurahan whose centre is nearest to a point, and how far it is. */
function nearestArea(form, lat, lon) {
  let best = { km: Infinity, name: "", code: "" };
  for (const option of form.elements.area.querySelectorAll("option[data-lat]")) {
    const north = (Number(option.dataset.lat) - lat) * EARTH_KM_PER_DEGREE;
    const east = (Number(option.dataset.lon) - lon) * EARTH_KM_PER_DEGREE * Math.cos((lat * Math.PI) / 180);
    const km = Math.hypot(north, east);
    if (km < best.km) best = { km, name: option.textContent.trim(), code: option.value };
  }
  return best;
}

export function startPlace(form) {
  const box = form.querySelector("[data-position]");
  const said = box.querySelector("[data-said]");
  const forget = box.querySelector("[data-forget]");
  const fields = form.elements;
  let pin;

  function say(text, state) {
    said.textContent = text;
    said.dataset.state = state ?? "";
  }

  function set(lat, lon, accuracy) {
    fields.lat.value = lat.toFixed(6);
    fields.lon.value = lon.toFixed(6);
    fields.accuracy_m.value = accuracy === undefined ? "" : String(Math.ceil(accuracy));
    forget.hidden = false;
    const { km, name, code } = nearestArea(form, lat, lon);
    form.dataset.nearest = km > SERVED_KM ? "" : code;
    form.dispatchEvent(new Event("placed"));
    if (km > SERVED_KM) return say(box.dataset.outside, "bad");
    if (accuracy === undefined) return say(fill(box.dataset.pinned, { area: name }), "good");
    const text = fill(box.dataset.found, { area: name, m: Math.ceil(accuracy) });
    const rough = accuracy > 150 ? ` ${fill(box.dataset.rough, { m: Math.ceil(accuracy) })}` : "";
    say(text + rough, rough ? "" : "good");
  }

  function locate() {
    say(box.dataset.finding);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        set(coords.latitude, coords.longitude, coords.accuracy);
        pin?.moveTo(coords.latitude, coords.longitude);
      },
      (error) => say(error.code === error.PERMISSION_DENIED ? box.dataset.denied : box.dataset.failed, "bad"),
      { enableHighAccuracy: true, timeout: 20_000, maximumAge: 30_000 },
    );
  }

  async function openMap(button) {
    const element = box.querySelector("[data-pin-map]");
    button.setAttribute("aria-expanded", "true");
    element.hidden = false;
    box.querySelector("[data-pin-hint]").hidden = false;
    try {
      const { startPin } = await import("./pin.js");
      pin ??= await startPin(element, centre(), (lat, lon) => set(lat, lon));
      element.focus();
    } catch {
      element.hidden = true;
      box.querySelector("[data-pin-hint]").hidden = true;
      say(element.dataset.failed, "bad");
    }
  }

  /** Where the map opens: the point so far, else the chosen kelurahan, else the middle of them all. */
  function centre() {
    if (fields.lat.value) return { lat: Number(fields.lat.value), lon: Number(fields.lon.value), zoom: 16, isPinned: true };
    const chosen = fields.area.selectedOptions[0];
    if (chosen?.dataset.lat) return { lat: Number(chosen.dataset.lat), lon: Number(chosen.dataset.lon), zoom: 15 };
    const options = [...fields.area.querySelectorAll("option[data-lat]")];
    const mean = (name) => options.reduce((sum, option) => sum + Number(option.dataset[name]), 0) / options.length;
    return { lat: mean("lat"), lon: mean("lon"), zoom: 12 };
  }

  box.hidden = false;
  box.querySelector("[data-locate]").hidden = !navigator.geolocation;
  box.querySelector("[data-locate]").addEventListener("click", locate);
  box.querySelector("[data-open-map]").addEventListener("click", (event) => openMap(event.currentTarget));
  forget.addEventListener("click", () => {
    fields.lat.value = fields.lon.value = fields.accuracy_m.value = "";
    forget.hidden = true;
    form.dataset.nearest = "";
    say("");
    pin?.remove();
    form.dispatchEvent(new Event("placed"));
    box.querySelector("[data-locate]").focus();
  });
  const showFilled = () => {
    const { lat, lon, accuracy_m } = fields;
    if (lat.value) set(Number(lat.value), Number(lon.value), Number(accuracy_m.value) || undefined);
  };
  form.addEventListener("restored", showFilled);
  showFilled();
}
