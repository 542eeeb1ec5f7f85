// Buttons that copy a text: shown only where scripts run.
function start(button, root) {
  const source = root.querySelector(button.dataset.copy);
  const label = button.querySelector("span");
  const usual = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      label.textContent = button.dataset.copied;
      setTimeout(() => (label.textContent = usual), 3000);
    } catch {
      // No clipboard here: the text is shown and selected instead, ready to be copied by hand.
      source.closest("details")?.setAttribute("open", "");
      getSelection().selectAllChildren(source);
    }
  });
}

export function startCopying(root = document) {
  for (const button of root.querySelectorAll("[data-copy]")) start(button, root);
}

startCopying();
