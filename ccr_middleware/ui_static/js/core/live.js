// The live feed of requests. One connection for all who watch, open only while somebody does.
import { signal } from "./view.js";
import { address } from "./api.js";

const AGAIN_MS = 5000;

/** Whether the feed is there: "off", "connecting" or "on". */
export const liveState = signal("off");

const watchers = new Set();
let source = null;
let timer = null;

/** Call `watcher(event, value)` for each "started" and "request" event. Gives the function that ends it. */
export function watchRequests(watcher) {
  watchers.add(watcher);
  if (!source) open();
  return () => {
    watchers.delete(watcher);
    if (!watchers.size) close();
  };
}

function open() {
  liveState.value = "connecting";
  source = new EventSource(address("api/requests/stream"));
  source.onopen = () => (liveState.value = "on");
  source.onerror = () => {
    liveState.value = "connecting";
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    clearTimeout(timer);
    timer = setTimeout(() => watchers.size && open(), AGAIN_MS);
  };
  for (const name of ["started", "request"]) {
    source.addEventListener(name, (event) => tell(name, JSON.parse(event.data)));
  }
}

function tell(name, value) {
  for (const watcher of watchers) watcher(name, value);
}

function close() {
  clearTimeout(timer);
  source?.close();
  source = null;
  liveState.value = "off";
}
