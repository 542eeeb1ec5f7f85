// What is wrong, beside the field and in a summary on top.
import { icon } from "./words.js";

export function clearFault(field) {
  if (!field) return;
  field.classList.remove("wrong");
  field.querySelector(":scope > .fault")?.remove();
  for (const input of field.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** Puts a sentence under a field's hint, and ties it to the input. */
export function markFault(field, input, text) {
  clearFault(field);
  const fault = document.createElement("p");
  fault.className = "fault";
  fault.id = `${field.dataset.fault ?? input.name}-missing`;
  fault.append(icon("warning"), ` ${text}`);
  (field.querySelector(":scope > .hint") ?? field.firstElementChild).after(fault);
  field.classList.add("wrong");
  input.setAttribute("aria-invalid", "true");
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== fault.id);
  input.setAttribute("aria-describedby", [fault.id, ...described].join(" "));
}

/** A field that lacks something says so and takes the focus. */
export function showFault(field, input) {
  markFault(field, input, field.dataset.empty);
  input.focus();
  field.scrollIntoView({ block: "start" });
}

const FIELDS = [
  "category", "subtype", "description", "area", "address", "rt", "rw", "landmark", "media", "name", "phone", "email",
  "consent",
];

/** The form's field that a pointer into the report's JSON means; undefined where it means none. */
function fieldOf(pointer) {
  const [, first, second] = pointer.split("/");
  const name = first === "reporter" ? second : first;
  if (name === "subtype") return "category";
  return FIELDS.includes(name) ? name : name === "location" || name === "place" ? "place" : undefined;
}

/** The input that asked what a fault of `/attributes/…` speaks of. */
function askedBy(form, pointer) {
  const [, attributes, code] = pointer.split("/");
  if (attributes !== "attributes" || !code) return null;
  return form.querySelector(`[data-questions]:not([hidden]) [name$=".${CSS.escape(code)}"]`);
}

/** Shows why the city did not take the report: in a summary, which takes the focus, and beside each field. */
export function showRefusal(form, { faults }) {
  const summary = document.querySelector("[data-refusal]");
  const lines = faults.map(({ pointer, message }) => {
    const line = document.createElement("li");
    const asked = askedBy(form, pointer);
    const name = asked?.id ?? fieldOf(pointer);
    if (!name) {
      line.textContent = message;
      return line;
    }
    const link = document.createElement("a");
    link.href = `#${name}`;
    link.textContent = message;
    line.append(link);
    document.getElementById(name).closest("details")?.setAttribute("open", "");
    const field = document.getElementById(name).closest(".field");
    const input = asked ?? form.elements[name];
    markFault(field, input instanceof RadioNodeList ? input[0] : (input ?? form.elements.area), message);
    return line;
  });
  summary.querySelector("ul").replaceChildren(...lines);
  summary.querySelector("[data-unexplained]").hidden = lines.length > 0;
  summary.hidden = false;
  summary.focus();
}

export function hideRefusal() {
  document.querySelector("[data-refusal]").hidden = true;
}
