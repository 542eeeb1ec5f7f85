// The citizens' pages as an app: opens without a line, and sends what waits on this phone.
import "./offline.js";
import { startWaking } from "./wake.js";

startWaking();
// A browser without it, or one that forbids it, shows the pages all the same.
navigator.serviceWorker?.register("/sw.js", { scope: "/", updateViaCache: "none" }).catch(() => {});
