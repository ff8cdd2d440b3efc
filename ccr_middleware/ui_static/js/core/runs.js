// Requests sent from the playground: how they are sent, what came back, the last of this visit.
import { signal } from "./view.js";
import { address, send } from "./api.js";
import { BASE_URL, quotedForShell } from "./claude_env.js";
import { eventsOf } from "./events.js";
import { emptyMessage, folded, messageOf } from "./message.js";

/** So many runs are kept. */
export const KEPT = 20;
const MOST_EVENTS = 5000;
const SHOW_MS = 30;

/** The runs of this visit, the newest first. Each is replaced by a new object when something of it changes. */
export const runs = signal([]);

const aborts = new Map();
let last = 0;

/** The paths of the formats; Gemini's has the model in it. */
export function pathOf(format, body, model) {
  if (format === "gemini") return `v1beta/models/${model}:streamGenerateContent?alt=sse`;
  return { messages: "v1/messages", chat: "v1/chat/completions", responses: "v1/responses" }[format];
}

/** Send `{format, body, model}`; gives the id of the run. */
export function startRun({ format, body, model }) {
  const id = ++last;
  const run = {
    id, format, body, model, path: pathOf(format, body, model), time: Date.now(), state: "waiting", status: null, headers: [],
    events: [], message: emptyMessage(), error: null, firstSeconds: null, totalSeconds: null,
  };
  runs.value = [run, ...runs.value].slice(0, KEPT);
  follow(run, performance.now());
  return id;
}

export function stopRun(id) {
  aborts.get(id)?.abort();
}

function change(id, changes) {
  runs.value = runs.value.map((one) => (one.id === id ? { ...one, ...changes } : one));
}

async function follow(run, begin) {
  const abort = new AbortController();
  aborts.set(run.id, abort);
  const seconds = () => (performance.now() - begin) / 1000;
  try {
    const response = await send("POST", run.path, { body: run.body, signal: abort.signal });
    change(run.id, { state: "streaming", status: response.status, headers: [...response.headers] });
    const isStream = (response.headers.get("content-type") ?? "").includes("event-stream");
    const error = isStream ? await readStream(run, response, seconds) : await readWhole(run, response, seconds);
    change(run.id, { state: error ? "failed" : "done", error, totalSeconds: seconds() });
  } catch (error) {
    const isStopped = error.name === "AbortError";
    change(run.id, { state: isStopped ? "stopped" : "failed", totalSeconds: seconds(), ...(isStopped ? {} : failureOf(error)) });
  } finally {
    aborts.delete(run.id);
  }
}

/** What a run is changed to by an error: one that came instead of an answer, or that broke it off. */
function failureOf({ message, type = "network_error", status, headers }) {
  const answer = headers ? { status, headers: [...headers] } : {};
  return { error: { message, type }, ...answer };
}

/** Reads events, shown at most every SHOW_MS. Gives the error of an error event, or null. */
async function readStream(run, response, seconds) {
  const events = [];
  let message = run.message;
  let firstSeconds = null;
  let frame = null;
  const show = () => {
    frame = null;
    change(run.id, { events: events.slice(-MOST_EVENTS), message, firstSeconds });
  };
  for await (const event of eventsOf(response)) {
    firstSeconds ??= seconds();
    events.push({ ...event, seconds: seconds() });
    message = folded(message, parsed(event.data));
    frame ??= setTimeout(show, SHOW_MS);
  }
  clearTimeout(frame);
  show();
  return message.error;
}

async function readWhole(run, response, seconds) {
  const text = await response.text();
  const answer = parsed(text);
  const message = run.format === "messages" && answer ? messageOf(answer) : run.message;
  change(run.id, { events: [{ event: "answer", data: text, raw: text, seconds: seconds() }], message, firstSeconds: null });
  return null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The same request for a shell. The key is left to the reader. */
export function curlOf({ format, body, model }) {
  const lines = [
    `curl -N ${quotedForShell(new URL(pathOf(format, body, model), `${BASE_URL}/`).href)}`,
    `-H 'content-type: application/json'`,
    `-H "x-api-key: $CCR_KEY"`,
    `-d ${quotedForShell(JSON.stringify(body))}`,
  ];
  return lines.join(" \\\n  ");
}

/** A header of a run, or an empty text. */
export const headerOf = (run, name) => run.headers.find(([one]) => one === name)?.[1] ?? "";

/** Where a run was sent. */
export const addressOf = (run) => address(run.path);
