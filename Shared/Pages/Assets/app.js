// The citizens' pages as an app: opens without a line, and sends what waits on this phone.
import "./offline.js";
import { hideEnded } from "./known.js";
import { startWaking } from "./wake.js";

startWaking();
hideEnded();
// A browser without it, or one that forbids it, shows the pages all the same. What it keeps comes after what is read.
const keepPages = () =>
  navigator.serviceWorker?.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {});
if (document.readyState === "complete") keepPages();
else addEventListener("load", keepPages);
