// Pages that follow what happens: fetch the page again and change only what differs, so that nothing jumps,
// and the focus and what somebody opened stay.

/** Makes `old` like `next`, keeping the nodes that need no change. */
export function morph(old, next) {
  if (old.nodeType !== next.nodeType || old.nodeName !== next.nodeName) {
    old.replaceWith(document.importNode(next, true));
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) {
      old.data = next.data;
      flash(old.parentElement.closest("[data-flash]"));
    }
    return;
  }
  if (old.nodeType !== Node.ELEMENT_NODE) return;
  matchAttributes(old, next);
  matchChildren(old, next);
}

// What a person did to the page, and what scripts added, is not the server's to take back.
const kept = new Set(["open", "aria-sort", "tabindex"]);

function matchAttributes(old, next) {
  for (const { name, value } of next.attributes) {
    if (old.getAttribute(name) !== value && !kept.has(name)) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!next.hasAttribute(name) && !kept.has(name)) old.removeAttribute(name);
  }
}

const key = (node) => node.dataset?.key ?? node.dataset?.id;

function matchChildren(old, next) {
  const byKey = new Map();
  for (const child of old.children) if (key(child)) byKey.set(key(child), child);
  let here = old.firstChild;
  for (const wanted of [...next.childNodes]) {
    const same = key(wanted) && byKey.get(key(wanted));
    if (same && same !== here) old.insertBefore(same, here);
    const current = same || here;
    if (!current) {
      old.append(document.importNode(wanted, true));
      continue;
    }
    here = current.nextSibling;
    morph(current, wanted);
  }
  while (here) {
    const extra = here;
    here = here.nextSibling;
    extra.remove();
  }
}

export function flash(element) {
  if (!element) return;
  element.classList.remove("flash");
  void element.offsetWidth;
  element.classList.add("flash");
  element.addEventListener("animationend", () => element.classList.remove("flash"), { once: true });
}

/** A page of ours, parsed. A session that ended leads to the sign-in page. */
export async function fetchPage(address, options = {}) {
  const response = await fetch(address, { cache: "no-store", headers: { accept: "text/html" }, ...options });
  if (response.redirected && new URL(response.url).pathname === "/masuk") {
    location.assign(`/masuk?ke=${encodeURIComponent(location.pathname)}`);
    throw new Error("signed out");
  }
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, ok: response.ok };
}

/** Fetches this page again and brings every region with data-live up to date. */
export async function refresh() {
  const { page, ok } = await fetchPage(location.href);
  if (!ok) throw new Error("the page could not be fetched");
  for (const region of document.querySelectorAll("[data-live]")) {
    const next = page.querySelector(`[data-live="${region.dataset.live}"]`);
    if (next) morph(region, next);
  }
}

/**
 * Runs `task` again and again while the page is looked at. A task that says true (something changed) keeps it
 * brisk; quiet times stretch the pauses up to `most`, and so do failures.
 */
export function keepAsking(task, { every, most, stretch = 1.1 }) {
  let pause = every;
  let timer;
  const ask = async () => {
    if (document.hidden) return;
    try {
      pause = (await task()) ? every : Math.min(pause * stretch, most);
    } catch {
      pause = Math.min(pause * 2, most);
    }
    clearTimeout(timer);
    timer = setTimeout(ask, pause);
  };
  timer = setTimeout(ask, every);
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    pause = every;
    if (!document.hidden) ask();
  });
}
