// Photos in plain forms are made small on the phone before they are sent.
import { shrink } from "./shrink.js";

async function lighten(input) {
  const chosen = [...input.files];
  const files = new DataTransfer();
  for (const file of chosen) {
    const small = await shrink(file);
    files.items.add(small && small !== file ? new File([small], file.name, { type: small.type }) : file);
  }
  // Others may have been chosen meanwhile.
  if (chosen.length === input.files.length && chosen.every((file, at) => file === input.files[at])) {
    input.files = files.files;
  }
}

document.addEventListener("change", ({ target }) => {
  // Where it fails, the photos go as they are.
  if (target.matches(".photo-field input[type=file]")) lighten(target).catch(() => {});
});
