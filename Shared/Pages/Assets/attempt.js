// One attempt to send something to the city, and what its answer means.
const PATIENCE_MS = 30_000;
/** No server's Retry-After is kept to for longer. */
export const LONGEST_WAIT_MS = 3_600_000;

/** What may pass by itself although it is a 4xx: a time-out, the same key under way, too early, too many. */
const PASSING = new Set([408, 409, 425, 429]);
/** Conflicts of a command that no time resolves. */
const LASTING = new Set(["wrong_status", "too_late", "too_many_media"]);

/** Sends `{id, body}`: a report, under the key of all its attempts. */
export const attempt = ({ id, body }) => post("/v1/reports", body, { ...JSON_TYPE, "idempotency-key": id }, isReceipt);

export const JSON_TYPE = { "content-type": "application/json" };

/**
 * Posts once. Gives `{sent: what it answered}`, `{refused: problem}`, or `{later: true, wait_ms, isLineGone, isBusy}`.
 *
 * Only what our own server says counts: a hotel's sign-in page answers 200 too, and is no receipt.
 */
export async function post(path, body, headers, isExpected, patience_ms = PATIENCE_MS) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), patience_ms);
  try {
    const response = await fetch(path, {
      method: "POST", body, headers: { ...headers, accept: "application/json" }, cache: "no-store",
      credentials: "same-origin", redirect: "error", signal: patience.signal,
    });
    const type = response.headers.get("content-type") ?? "";
    const told = /^application\/(problem\+)?json\b/.test(type) ? await response.json() : undefined;
    return judge(response.status, type, told, response.headers.get("retry-after"), isExpected);
  } catch {
    return { later: true, wait_ms: 0, isLineGone: true };
  } finally {
    clearTimeout(timer);
  }
}

/** What an answer means; a pure function of it. */
export function judge(status, type, told, retryAfter, isExpected = isReceipt) {
  if (status >= 200 && status < 300 && isExpected(told)) return { sent: told };
  const isOurs = type.startsWith("application/problem+json") && typeof told?.title === "string";
  const mayPass = PASSING.has(status) && !LASTING.has(told?.code);
  if (status >= 400 && status < 500 && !mayPass && isOurs) return { refused: readProblem(status, told) };
  return { later: true, wait_ms: readWait(retryAfter), isBusy: status === 429 || status === 503 };
}

const isReceipt = (told) =>
  typeof told?.tracking_code === "string" && typeof told.links?.manage === "string" && told.links.manage.startsWith("/k/");

function readProblem(status, { errors = [], detail, code }) {
  // RT and RW are asked for in the same words; which of them is meant must be said.
  const name = (pointer) => (/^\/r[tw]$/.test(pointer) ? `${pointer.slice(1).toUpperCase()}: ` : "");
  const faults = errors.map(({ pointer, code, message }) => ({ pointer, code, message: name(pointer) + message }));
  return { status, code, detail, faults, isKeyTaken: faults.some(({ code }) => code === "idempotency_key_reused") };
}

/** Retry-After as seconds or as a date (RFC 9110, section 10.2.3), at most an hour. */
function readWait(text) {
  if (!text) return 0;
  const wait_ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Math.min(Math.max(wait_ms || 0, 0), LONGEST_WAIT_MS);
}
