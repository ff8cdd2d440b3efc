// Requests added up over time, for the charts of the overview.
import { get } from "./api.js";
import { hasFailed } from "./records.js";

/** The spans to choose from: how far back, in steps of how long, and what /api/usage calls the step. */
export const SPANS = {
  hour: { seconds: 3600, step: 60, by: null },
  day: { seconds: 86_400, step: 3600, by: "hour" },
  month: { seconds: 30 * 86_400, step: 86_400, by: "day" },
};

const PAGES = 4; // of records that are read for the last hour, which is added up here
const PAGE_SIZE = 500;

const fresh = (time) => ({ time, requests: 0, errors: 0, input: 0, output: 0, cached: 0, firstToken: null, total: null, timed: 0 });

/** The buckets of a span up to now, the oldest first; those without requests are there too. */
export async function loadBuckets(name, abort) {
  const span = SPANS[name];
  const since = startOf(span, Date.now() / 1000);
  const buckets = emptyBuckets(span, since);
  if (span.by) {
    const query = { by: span.by, since, utc_offset: -new Date().getTimezoneOffset() };
    const { usage } = await get("api/usage", query, { signal: abort });
    for (const row of usage) addUsage(buckets, span, row);
  } else {
    for (const record of await recordsSince(since, abort)) addRecord(buckets, span, record);
  }
  return buckets;
}

/** The beginning of a span's first bucket, UNIX seconds. Days begin at midnight of this browser's time. */
function startOf(span, now) {
  const offset = span.by === "day" ? new Date(now * 1000).getTimezoneOffset() * 60 : 0;
  return Math.floor((now - offset) / span.step) * span.step + offset - span.seconds + span.step;
}

function emptyBuckets(span, since) {
  return Array.from({ length: span.seconds / span.step }, (_, index) => fresh(since + index * span.step));
}

async function recordsSince(since, abort) {
  const records = [];
  let before = null;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await get("api/requests", { since, limit: PAGE_SIZE, before }, { signal: abort });
    records.push(...answer.requests);
    before = answer.next;
    if (!before) break;
  }
  return records;
}

function addUsage(buckets, span, row) {
  // "2026-01-31" or "2026-01-31T23", in this browser's time. Rounded: summer time makes a day an hour shorter.
  const text = row.group.length === 10 ? `${row.group}T00:00:00` : `${row.group}:00:00`;
  const bucket = buckets[Math.round((new Date(text).getTime() / 1000 - buckets[0].time) / span.step)];
  if (!bucket) return;
  bucket.requests += row.requests;
  bucket.errors += row.errors;
  bucket.input += row.input_tokens;
  bucket.output += row.output_tokens;
  bucket.cached += row.cache_read_tokens;
  bucket.firstToken = row.mean_first_token_seconds;
  bucket.total = row.mean_seconds;
  bucket.timed = row.requests - row.errors;
}

/** Add one record to its bucket; those outside of the span are left out. */
export function addRecord(buckets, span, record) {
  const bucket = bucketAt(buckets, span, record.time);
  if (!bucket) return;
  bucket.requests += 1;
  bucket.input += record.input_tokens ?? 0;
  bucket.output += record.output_tokens ?? 0;
  bucket.cached += record.cache_read_tokens ?? 0;
  if (hasFailed(record)) {
    bucket.errors += 1;
    return;
  }
  bucket.firstToken = mean(bucket.firstToken, record.first_token_seconds, bucket.timed);
  bucket.total = mean(bucket.total, record.total_seconds, bucket.timed);
  bucket.timed += 1;
}

function bucketAt(buckets, span, seconds) {
  return buckets[Math.floor((seconds - buckets[0].time) / span.step)];
}

function mean(old, value, count) {
  if (value === null || value === undefined) return old;
  return old === null ? value : (old * count + value) / (count + 1);
}

/** Buckets moved on to `now`, with one more record in them: a new list, so that charts notice. */
export function withRecord(buckets, name, record) {
  const span = SPANS[name];
  const since = startOf(span, Math.max(record.time, buckets.at(-1).time));
  const kept = buckets.filter((one) => one.time >= since).map((one) => ({ ...one }));
  while (kept.length < buckets.length) kept.push(fresh((kept.at(-1)?.time ?? since - span.step) + span.step));
  addRecord(kept, span, record);
  return kept;
}

/** All buckets added up. */
export function totalOf(buckets) {
  const total = fresh(0);
  for (const one of buckets) {
    for (const name of ["requests", "errors", "input", "output", "cached"]) total[name] += one[name];
    for (const name of ["firstToken", "total"]) {
      if (one[name] !== null) total[name] = ((total[name] ?? 0) * total.timed + one[name] * one.timed) / Math.max(1, total.timed + one.timed);
    }
    total.timed += one.timed;
  }
  return total;
}
