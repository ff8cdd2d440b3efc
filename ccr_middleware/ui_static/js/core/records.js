// What a record of the history means.

/** Whether the client got an error, be it in the middle of a stream. */
export const hasFailed = (record) => record.status >= 400 || Boolean(record.error);

/** Who answered: "provider,model"; empty when nobody was asked. */
export const targetOf = (record) => [record.provider, record.model].filter(Boolean).join(",");

/** All tokens that went in, those from a cache included. */
export const tokensIn = (record) =>
  (record.input_tokens ?? 0) + (record.cache_read_tokens ?? 0) + (record.cache_write_tokens ?? 0);

/** Whether a record of the live feed belongs under these filters; `/api/requests` has the same rules. */
export function fits(record, { model, provider, status, session, caller, since, q }) {
  const names = [record.model, record.asked_model, targetOf(record)].map((one) => (one ?? "").toLowerCase());
  const isOfStatus = { "": true, ok: !hasFailed(record), error: hasFailed(record) }[status ?? ""];
  const text = [record.id, ...names, record.provider, record.reason, record.error].join(" ").toLowerCase();
  return (
    (isOfStatus ?? String(record.status) === status) &&
    (!model || names.includes(model.toLowerCase())) &&
    (!provider || record.provider?.toLowerCase() === provider.toLowerCase()) &&
    (!session || record.session === session) &&
    (!caller || record.caller === caller) &&
    (!since || record.time >= since) &&
    (!q || text.includes(q.toLowerCase()))
  );
}

/** A body as text to read: JSON is written with line ends, what is no JSON (cut, or a stream) stays as it is. */
export function readable(body) {
  if (typeof body !== "string") return JSON.stringify(body, null, 2);
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
