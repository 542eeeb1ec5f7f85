// The button that prints; without scripts the browser's own menu does.
import "./offline.js";

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
for (const hint of document.querySelectorAll("[data-unscripted]")) hint.hidden = true;
