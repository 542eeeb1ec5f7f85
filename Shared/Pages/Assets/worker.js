// The service worker. It keeps the home page and the report form, with what they are made of, and nothing else:
// never a page that is somebody's own. Before this text the server puts `SHELL`, what of it is kept, and the modules
// named below; their imports are taken out, since a classic worker has none.
import { drain, drainPictures, nextDue } from "./drain.js";
import "./notice.js";

const CACHE = `sasando-${SHELL.version}`;
/** How long a poor line is waited for, where the page is here already. */
const PAGE_PATIENCE_MS = 3_000;
/** A phone that never came to send what waits tries again when the browser says so. */
const SYNC = "outbox";

self.addEventListener("install", (event) => event.waitUntil(fillCache()));

self.addEventListener("activate", (event) => event.waitUntil(settleIn()));

self.addEventListener("sync", (event) => {
  if (event.tag === SYNC) event.waitUntil(sendWaiting());
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname, search } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  if (SHELL.assets.includes(pathname)) event.respondWith(keptAsset(event.request));
  else if (mode !== "navigate") return;
  else if (SHELL.pages.includes(pathname)) event.respondWith(freshPage(event, pathname, search));
  else if (/^\/(lacak|k|lapor)(\/|$)/.test(pathname)) {
    // Where a report stands is not known without a line; what this phone has of it stands on the home page. These
    // pages are somebody's own: they pass through here and are not kept.
    event.respondWith(fetch(event.request).catch(() => Response.redirect("/")));
  }
});

async function fillCache() {
  const cache = await caches.open(CACHE);
  await cache.addAll(SHELL.assets);
  await keepPages(cache);
}

async function keepPages(cache) {
  for (const path of SHELL.pages) {
    const page = await fetch(path, { cache: "no-store" });
    // While a new version is being brought out, its page may not be here yet; the browser tries again.
    if (!(await keepPage(cache, path, page))) throw new Error(`${path} is of another version`);
  }
}

// There is no skipWaiting: an open form keeps the worker and the files that it began with.
async function settleIn() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("sasando-") && name !== CACHE).map((name) => caches.delete(name)));
  await clients.claim();
}

async function keptAsset(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** Keeps a page if it is one of this version, since only then what it is made of is here too. */
async function keepPage(cache, path, page) {
  if (page.status !== 200 || page.redirected) return false;
  const text = await page.clone().text();
  if (!text.includes(`content="${SHELL.version}"`)) return false;
  await cache.put(path, page);
  return true;
}

/** From the line; else, or after a while, as it was last. */
async function freshPage(event, path, search) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(path, { ignoreVary: true });
  const asked = fetch(event.request);
  // A page with a category chosen is not the one to keep.
  const renew = async (page) => {
    if (search === "") await keepPage(cache, path, page);
    // Another language was chosen: for all of them.
    else if (search.startsWith("?lang=")) await keepPages(cache);
  };
  event.waitUntil(asked.then((page) => renew(page.clone())).catch(() => {}));
  if (!kept) return asked;
  const soon = asked.then((page) => (page.status >= 500 ? kept.clone() : page)).catch(() => kept.clone());
  const later = new Promise((resolve) => setTimeout(() => resolve(kept.clone()), PAGE_PATIENCE_MS));
  return Promise.race([soon, later]);
}

/** Fails while something still waits, so that the browser calls again. */
async function sendWaiting() {
  await drain({ eager: true });
  await drainPictures({ eager: true });
  if ((await nextDue()) !== undefined) throw new Error("reports still wait");
}
