// One attempt to send a report, and what its answer means.
const PATIENCE_MS = 30_000;
/** No server's Retry-After is kept to for longer. */
export const LONGEST_WAIT_MS = 3_600_000;

/** What may pass by itself although it is a 4xx: a time-out, the same key under way, too early, too many. */
const PASSING = new Set([408, 409, 425, 429]);

/**
 * Sends `{id, body}`. Gives `{sent: receipt}`, `{refused: problem}`, or `{later: true, wait_ms, isLineGone, isBusy}`.
 *
 * Only what our own server says counts: a hotel's sign-in page answers 200 too, and is no receipt.
 */
export async function attempt({ id, body }) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const headers = { "content-type": "application/json", accept: "application/json", "idempotency-key": id };
    const response = await fetch("/v1/reports", {
      method: "POST", body, headers, cache: "no-store", credentials: "same-origin", redirect: "error",
      signal: patience.signal,
    });
    const type = response.headers.get("content-type") ?? "";
    const told = /^application\/(problem\+)?json\b/.test(type) ? await response.json() : undefined;
    return judge(response.status, type, told, response.headers.get("retry-after"));
  } catch {
    return { later: true, wait_ms: 0, isLineGone: true };
  } finally {
    clearTimeout(timer);
  }
}

/** What an answer means; a pure function of it. */
export function judge(status, type, told, retryAfter) {
  if (status >= 200 && status < 300 && isReceipt(told)) return { sent: told };
  const isOurs = type.startsWith("application/problem+json") && typeof told?.title === "string";
  if (status >= 400 && status < 500 && !PASSING.has(status) && isOurs) return { refused: readProblem(status, told) };
  return { later: true, wait_ms: readWait(retryAfter), isBusy: status === 429 || status === 503 };
}

const isReceipt = (told) =>
  typeof told?.tracking_code === "string" && typeof told.links?.manage === "string" && told.links.manage.startsWith("/k/");

function readProblem(status, { errors = [] }) {
  // RT and RW are asked for in the same words; which of them is meant must be said.
  const name = (pointer) => (/^\/r[tw]$/.test(pointer) ? `${pointer.slice(1).toUpperCase()}: ` : "");
  const faults = errors.map(({ pointer, code, message }) => ({ pointer, code, message: name(pointer) + message }));
  return { status, faults, isKeyTaken: faults.some(({ code }) => code === "idempotency_key_reused") };
}

/** Retry-After as seconds or as a date (RFC 9110, section 10.2.3), at most an hour. */
function readWait(text) {
  if (!text) return 0;
  const wait_ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Math.min(Math.max(wait_ms || 0, 0), LONGEST_WAIT_MS);
}
