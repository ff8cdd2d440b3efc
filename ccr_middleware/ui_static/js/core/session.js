// Who is looking: the answer of /api/session, and logging in and out.
import { effect, signal } from "./view.js";
import { del, get, post, refusals } from "./api.js";

/** `{admin, name, login_needed, keys_configured, version, first_run, local}`; null before the first answer. */
export const session = signal(null);

/** Why the first answer did not come: an ApiError or null. */
export const sessionError = signal(null);

/** Whether the first steps were put off, until the page is loaded again. */
export const putOff = signal(false);

export async function loadSession() {
  try {
    session.value = await get("api/session");
    sessionError.value = null;
  } catch (error) {
    sessionError.value = error;
  }
}

/** Log in. Throws ApiError; a wrong key has status 401. */
export async function logIn(key) {
  await post("api/session", { key });
  await loadSession();
}

export async function logOut() {
  await del("api/session");
  await loadSession();
}

let seen = refusals.peek();
effect(() => {
  const now = refusals.value;
  if (now === seen) return;
  seen = now;
  loadSession();
});
