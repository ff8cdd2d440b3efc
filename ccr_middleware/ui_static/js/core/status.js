// How the gateway is: polled for the bar at the top, told anew by pages that change something.
import { effect, signal } from "./view.js";
import { get } from "./api.js";
import { session } from "./session.js";

const EVERY_MS = 10_000;

/** "unknown", "ok" or "unreachable". */
export const gatewayState = signal("unknown");

/** The answer of /api/config/status: `{source, revision, loaded_at, error, warnings, writable}`; null before it came. */
export const configStatus = signal(null);

/** Ask again now; call it after a change of the configuration. */
export async function refreshStatus() {
  try {
    configStatus.value = await get("api/config/status");
    gatewayState.value = "ok";
  } catch (error) {
    gatewayState.value = error.status ? "ok" : "unreachable";
  }
}

/** How many problems the configuration has; a file that could not be loaded counts as one. */
export function problemCount(status) {
  return status ? (status.error ? 1 : 0) + (status.warnings?.length ?? 0) : 0;
}

/** Begin polling, once, when somebody is logged in. */
export function watchStatus() {
  const isKnown = () => session.value?.login_needed === false;
  effect(() => {
    if (isKnown()) refreshStatus();
  });
  setInterval(() => {
    if (!document.hidden && isKnown()) refreshStatus();
  }, EVERY_MS);
}
