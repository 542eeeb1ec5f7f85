// An agency's events, live: the browser resumes by itself after a lost line, from the last event it saw.

const TYPES = [
  "assigned", "acknowledged", "started", "held", "resumed", "resolved", "rejected", "transferred_out", "commented",
  "reopened", "closed", "withdrawn", "escalated", "followed", "rated", "redacted", "marked_duplicate",
];

/**
 * Follows a stream from `cursor`. `heard(type, data, event)` gets each event; `state` hears "on" and "off";
 * `refused()` is called when the server will not go on from here (too old, another epoch, signed out).
 */
export function follow(agency, cursor, { heard, state, refused }) {
  const source = new EventSource(`/v1/agencies/${encodeURIComponent(agency)}/events?after=${encodeURIComponent(cursor)}`);
  source.addEventListener("open", () => state("on"));
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return state("off");
    source.close();
    refused();
  });
  for (const type of TYPES) {
    source.addEventListener(`sasando.report.${type}`, (message) => {
      const event = JSON.parse(message.data);
      heard(type, event.data, event);
    });
  }
  return source;
}
