// The report form's fields as plain values, and as the JSON that `POST /v1/reports` takes.

const OTHER = "lainnya";

/** What stands in the form, by name; empty ones are left out. */
export function readFields(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (name !== "idempotency_key" && value.trim() !== "") fields[name] = value;
  }
  // A subtype of a category that is no longer chosen stays checked in its hidden list.
  const subtype = form.querySelector("[name=category]:checked ~ .subtypes [name=subtype]:checked");
  if (subtype) fields.subtype = subtype.value;
  else delete fields.subtype;
  return fields;
}

export function writeFields(form, fields) {
  for (const input of form.elements) {
    if (!input.name || input.name === "idempotency_key") continue;
    const value = fields[input.name];
    if (input.type === "radio" || input.type === "checkbox") input.checked = input.value === value;
    else input.value = value ?? "";
  }
}

/** The report; the server compares repeats of it, so it is made once and kept as it is. */
export function makeBody(fields) {
  const { category, lat, lon, accuracy_m, description, ...rest } = fields;
  const report = { ...rest, description: description.replaceAll("\r\n", "\n") };
  if (category !== OTHER) report.category = category;
  if (lat && lon) {
    report.location = { lat: Number(lat), lon: Number(lon) };
    if (accuracy_m) report.location.accuracy_m = Number(accuracy_m);
  }
  return JSON.stringify(report);
}

/** What the list of one's reports shows: the kind's own name, and its icon's. */
export function nameOf(form) {
  const chosen = form.querySelector("[name=category]:checked");
  const subtype = chosen.closest(".choice").querySelector(".subtypes [name=subtype]:checked");
  const words = (subtype ?? chosen).closest("label") ?? form.querySelector(`label[for="${CSS.escape(chosen.id)}"]`);
  // Without the places where a long word may break.
  return { name: words.textContent.replaceAll("\u200b", "").trim(), category: chosen.value };
}
