// Where this phone is told of news: the browser's subscription, as it was last handed to the server.
const SHELF = "news";
const PLACE = "/news/subscription";

/** The subscription that the server knows, as JSON; undefined where it knows none. */
export async function readTold() {
  const kept = await (await caches.open(SHELF)).match(PLACE);
  return kept?.json();
}

const keepTold = async (subscription) =>
  (await caches.open(SHELF)).put(PLACE, new Response(JSON.stringify(subscription)));

async function postTold(body) {
  const headers = { "content-type": "application/json", accept: "application/json" };
  const response = await fetch("/v1/push", { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
}

/** Tells the server that this browser has another subscription now, if it has. */
export async function renewTold(subscription, earlier) {
  const before = earlier ?? (await readTold());
  if (!before || JSON.stringify(before) === JSON.stringify(subscription)) return;
  await postTold({ replaces: before, subscription });
  await keepTold(subscription);
}

/** Has this browser told of a report. */
export async function tellOf(report, subscription) {
  await renewTold(subscription);
  await postTold({ report, subscription });
  await keepTold(subscription);
}
