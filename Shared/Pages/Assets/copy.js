// Buttons that copy a text: shown only where scripts run.
for (const button of document.querySelectorAll("[data-copy]")) {
  const source = document.querySelector(button.dataset.copy);
  const label = button.querySelector("span");
  const usual = label.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      label.textContent = button.dataset.copied;
      setTimeout(() => (label.textContent = usual), 3000);
    } catch {
      // No clipboard here: the text is selected instead, ready to be copied by hand.
      getSelection().selectAllChildren(source);
    }
  });
}
