// The pictures of a report that has arrived: each is uploaded, and then all are given to the report at once. An upload
// whose answer is lost is made again and costs nobody anything; the giving has a key, so it happens once.
import { JSON_TYPE, post } from "./attempt.js";
import { changeReport, findReport, hasPictures, makeKey } from "./outbox.js";
import { dropPictures, findPicture } from "./pictures.js";

/** A picture takes long by a poor line. */
const PICTURE_PATIENCE_MS = 120_000;
/** Uploads wait a day for their report; then they are made again, but not for ever. */
const MOST_BEGINNINGS = 4;

const isUpload = (told) => typeof told?.id === "string";
const isState = (told) => typeof told?.status === "string";
const byKey = ({ receipt }) => ({ authorization: `Bearer ${receipt.reporter_key}` });

/** Sends what is left of a report's pictures. Gives the last outcome. */
export async function sendPictures(id) {
  let record = await changeReport(id, ({ tries }) => ({ tries: tries + 1 }));
  for (const { id: picture, upload } of record?.media ?? []) {
    if (upload) continue;
    const outcome = await uploadOne(record, picture);
    if (outcome.later) return outcome;
    record = await findReport(id);
  }
  return record && hasPictures(record) ? attach(record) : { sent: {} };
}

async function uploadOne(record, picture) {
  const blob = await findPicture(picture);
  const form = new FormData();
  if (blob) form.append("file", blob, "photo");
  const outcome = blob
    ? await post("/v1/media", form, byKey(record), isUpload, PICTURE_PATIENCE_MS)
    : { refused: { faults: [] } };
  if (outcome.later) return outcome;
  await changeReport(record.id, ({ media, lost = [] }) =>
    outcome.sent
      ? { media: media.map((each) => (each.id === picture ? { ...each, upload: outcome.sent.id } : each)) }
      : { media: media.filter((each) => each.id !== picture), lost: [...lost, reason(outcome.refused)] },
  );
  if (outcome.refused) await dropPictures([picture]);
  return outcome;
}

const reason = ({ faults, detail }) => faults[0]?.message ?? detail ?? "";

async function attach(record) {
  // Kept before it is sent, so that each attempt is the same request.
  const begun = await changeReport(record.id, ({ attach: attached, media }) => ({
    attach: attached ?? { key: makeKey(), body: JSON.stringify({ media: media.map(({ upload }) => upload) }) },
  }));
  if (!begun) return { sent: {} };
  const { key, body } = begun.attach;
  const headers = { ...byKey(record), ...JSON_TYPE, "idempotency-key": key };
  const outcome = await post(`/v1/reports/${record.receipt.id}/media`, body, headers, isState);
  if (outcome.later) return outcome;
  const isAway = outcome.refused?.faults.some(({ code }) => code === "unknown_media");
  const isToBegin = isAway && (record.beginnings ?? 1) < MOST_BEGINNINGS;
  const given = begun.media.map(({ id }) => id);
  await changeReport(record.id, ({ media, lost = [], beginnings = 1 }) => {
    if (isToBegin) return { media: media.map(({ id }) => ({ id })), attach: undefined, beginnings: beginnings + 1 };
    if (outcome.sent) return { media: [], attach: undefined };
    return { media: [], attach: undefined, lost: [...lost, ...given.map(() => reason(outcome.refused))] };
  });
  if (!isToBegin) await dropPictures(given);
  return isToBegin ? { later: true, wait_ms: 0 } : outcome;
}
