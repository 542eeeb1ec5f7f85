// A command's key works while the focus is in its report: A acknowledges, R opens the form to resolve, and so on.
import "./lighten.js";
import { runCountdowns } from "./time.js";

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.matches("input, select, textarea")) return;
  const key = event.key.toUpperCase();
  const command = event.currentTarget.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!command) return;
  event.preventDefault();
  if (command.matches("form")) return command.requestSubmit();
  command.open = true;
  command.querySelector("select, input:not([type=hidden]), textarea").focus();
}

/** Listens for keys in the report in `root`, and takes the focus there unless something is to be read first. */
export function startCommands(root = document) {
  const report = root.querySelector("[data-panel]");
  if (!report) return;
  report.addEventListener("keydown", press);
  // Browsers that do not yet close a named <details> when another opens.
  report.addEventListener("toggle", (event) => {
    if (!event.target.open) return;
    for (const other of report.querySelectorAll("details.command[open]")) if (other !== event.target) other.open = false;
  }, true);
  (report.querySelector("[autofocus]") ?? report).focus({ preventScroll: true });
}

if (!document.querySelector("[data-desk]")) {
  runCountdowns();
  startCommands();
}
