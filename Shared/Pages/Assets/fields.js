// The report form's fields as plain values, and as the JSON that `POST /v1/reports` takes.

const OTHER = "lainnya";
/** Answers to what a category asks: `answer.sampah.banyaknya`, with the type of a number or of yes and no before it. */
const ANSWER = /^(answer|answer_number|answer_flag)\./;

function readAnswer(name, value) {
  if (name.startsWith("answer_flag.")) return value === "true";
  if (!name.startsWith("answer_number.")) return value;
  const number = Number(value.replaceAll(" ", ""));
  return Number.isInteger(number) ? number : value;
}

/** The form's own, which say nothing that a person wrote. */
const OWN = ["idempotency_key", "opened", "consent_at"];

/** What stands in the form, by name; empty ones are left out. */
export function readFields(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    // Files are photos.js' own.
    if (!OWN.includes(name) && typeof value === "string" && value.trim() !== "") fields[name] = value;
  }
  // A subtype of a category that is no longer chosen stays checked in its hidden list.
  const subtype = form.querySelector("[name=category]:checked ~ .subtypes [name=subtype]:checked");
  if (subtype) fields.subtype = subtype.value;
  else delete fields.subtype;
  // So do the answers to what other categories ask.
  for (const name of Object.keys(fields)) {
    if (ANSWER.test(name) && name.split(".")[1] !== fields.category) delete fields[name];
  }
  return fields;
}

export function writeFields(form, fields) {
  for (const input of form.elements) {
    if (!input.name || OWN.includes(input.name) || input.type === "file") continue;
    const value = fields[input.name];
    if (input.type === "radio" || input.type === "checkbox") input.checked = input.value === value;
    else input.value = value ?? "";
  }
  const who = form.querySelector("[data-who]");
  if (who) who.open = ["name", "phone", "email", "consent", "contact"].some((name) => fields[name]);
}

/** The box to be ticked where somebody says who they are and has not agreed to our keeping it. */
export function findMissingConsent(form) {
  const { name, phone, email, consent, contact } = Object.fromEntries([...form.elements].map((input) => [input.name, input]));
  if (!consent || consent.checked) return undefined;
  return contact.checked || [name, phone, email].some((input) => input.value.trim()) ? consent : undefined;
}

/** The report; the server compares repeats of it, so it is made once and kept as it is. */
export function makeBody(fields) {
  const { category, lat, lon, accuracy_m, description, name, phone, email, consent, contact, ...rest } = fields;
  const report = { ...rest, description: description.replaceAll("\r\n", "\n") };
  for (const name of Object.keys(report).filter((name) => ANSWER.test(name))) {
    (report.attributes ??= {})[name.split(".")[2]] = readAnswer(name, report[name]);
    delete report[name];
  }
  if (category !== OTHER) report.category = category;
  if (lat && lon) {
    report.location = { lat: Number(lat), lon: Number(lon) };
    if (accuracy_m) report.location.accuracy_m = Number(accuracy_m);
  }
  if (name || phone || email || contact) {
    report.reporter = { name, phone, email };
    if (consent) report.reporter.consent = { version: consent, at: new Date().toISOString(), contact: Boolean(contact) };
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
