// What a push message becomes: a notice that leads to its report.
import { renewTold } from "./told.js";

self.addEventListener("push", (event) => event.waitUntil(showNotice(event.data)));

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openReport(event.notification.data?.url));
});

self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewSubscription(event)));

/** A browser lets no message pass without a notice, so one that cannot be read is shown as news too. */
async function showNotice(data) {
  let told = {};
  try {
    told = data.json();
  } catch {
    // Not ours, or empty.
  }
  const { title = SHELL.news, body, url = "/", tag = "news", lang } = told;
  const isAgain = (await registration.getNotifications({ tag })).length > 0;
  await registration.showNotification(title, { body, tag, lang, icon: SHELL.icon, renotify: isAgain, data: { url } });
}

/** Looks at the report where it is open already; else opens it. Nothing leads to another site. */
async function openReport(url) {
  const wanted = new URL(url ?? "/", location.origin);
  const page = wanted.origin === location.origin ? wanted : new URL("/", location.origin);
  const windows = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = windows.find((each) => new URL(each.url).pathname === page.pathname);
  if (open) return open.focus();
  return clients.openWindow(page.href);
}

async function renewSubscription({ oldSubscription, newSubscription }) {
  let fresh = newSubscription;
  if (!fresh) {
    const { public_key: key } = await (await fetch("/v1/push")).json();
    fresh = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }
  await renewTold(fresh.toJSON(), oldSubscription?.toJSON());
}
