// "Tell me": this phone shows the report's news, if its person wants that and the browser can.
import { renewTold, tellOf } from "./told.js";

const box = document.querySelector("[data-news]");
const part = (name) => box.querySelector(`[data-part=${name}]`);
const mark = `news:${box?.dataset.report}`;
const isAble = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** What this phone remembers of its wishes; a browser may forbid it. */
const wishes = {
  has: () => localStorage.getItem(mark) !== null,
  add: () => localStorage.setItem(mark, "1"),
  drop: () => localStorage.removeItem(mark),
  isEmpty: () => !Object.keys(localStorage).some((key) => key.startsWith("news:")),
};

function show({ isTold }) {
  const isDenied = Notification.permission === "denied";
  part("offer").hidden = isTold || isDenied;
  part("start").hidden = isTold || isDenied;
  part("told").hidden = !isTold;
  part("stop").hidden = !isTold;
  part("denied").hidden = !isDenied;
  box.hidden = false;
}

const say = (what) => (part("said").textContent = part("said").dataset[what] ?? "");

/** The browser's subscription under this city's key; one that was made with an earlier key is no use any more. */
async function subscribe({ pushManager }) {
  const options = { userVisibleOnly: true, applicationServerKey: box.dataset.news };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    const earlier = await pushManager.getSubscription();
    if (!earlier) throw error;
    await earlier.unsubscribe();
    return pushManager.subscribe(options);
  }
}

async function start() {
  // The browser's own question comes only now, when it has been said what it is for.
  if ((await Notification.requestPermission()) !== "granted") return show({ isTold: false });
  const subscription = await subscribe(await navigator.serviceWorker.ready);
  await tellOf(box.dataset.report, subscription.toJSON());
  wishes.add();
  show({ isTold: true });
  say("started");
  part("stop").focus();
}

async function stop() {
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscription = await pushManager.getSubscription();
  if (subscription) {
    const body = JSON.stringify({ report: box.dataset.report, endpoint: subscription.endpoint });
    const headers = { "content-type": "application/json" };
    const response = await fetch("/v1/push", { method: "DELETE", headers, body });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
  }
  wishes.drop();
  if (wishes.isEmpty()) await subscription?.unsubscribe();
  show({ isTold: false });
  say("stopped");
  part("start").focus();
}

function onPress(name, work) {
  const button = part(name);
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("");
    await work().catch(() => say("failed"));
    button.disabled = false;
  });
}

async function begin() {
  const registration = await navigator.serviceWorker.getRegistration();
  const subscription = await registration?.pushManager.getSubscription();
  // Not every browser says so when it makes another subscription.
  if (subscription) await renewTold(subscription.toJSON()).catch(() => {});
  show({ isTold: Boolean(subscription) && wishes.has() && Notification.permission === "granted" });
}

if (box && isAble) {
  onPress("start", start);
  onPress("stop", stop);
  // Where a browser forbids what is needed, nothing is offered.
  begin().catch(() => {});
}
