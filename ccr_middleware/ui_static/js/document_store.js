// The configuration document as the pages edit it: loaded with its revision, saved as the smallest change there is.
import { useCallback, useEffect, useRef, useState } from "./core/view.js";
import { call } from "./core/api.js";
import { t } from "./core/i18n.js";
import { refreshStatus } from "./core/status.js";
import { equal, mergePatch } from "./document.js";
import { confirm, errorText, toast } from "./parts/index.js";

/** The raw document and its revision: `{document, etag}`. Throws ApiError. */
export async function loadDocument(signal) {
  const { data, headers } = await call("GET", "api/config", { signal });
  return { document: data ?? {}, etag: headers.get("etag") };
}

/**
 * Save what an edit made of a loaded document, as a merge patch where one can say it. Gives what was saved, as of
 * `loadDocument`. Throws ApiError (409: somebody else saved meanwhile).
 */
export async function saveDocument({ document, etag }, after) {
  if (equal(document, after)) return { document, etag };
  const changes = mergePatch(document, after);
  const headers = etag ? { "if-match": etag } : {};
  const answer = changes
    ? await call("PATCH", "api/config", { body: changes, headers })
    : await call("POST", "api/config", { body: after, headers });
  refreshStatus();
  return { document: after, etag: answer.headers.get("etag") ?? `"${answer.data.revision}"` };
}

/**
 * The document in a page: `{data: {document, etag} | null, error, loading, reload, save}` as of `useLoad`.
 * `save(edit)` saves `edit(document)`, loads it anew and says so; it gives `{ok, error}`, where `error` is the ApiError
 * with its `problems`. What cannot be shown at a field is shown as a toast unless `quiet`.
 */
export function useDocument() {
  const [state, setState] = useState({ data: null, error: null, loading: true });
  const latest = useRef(null);
  const alive = useRef(true);
  const queue = useRef(Promise.resolve());
  const show = (next) => alive.current && setState(next);
  const reload = useCallback(async () => {
    try {
      latest.current = await loadDocument();
      show({ data: latest.current, error: null, loading: false });
    } catch (error) {
      show((old) => ({ ...old, error, loading: false }));
    }
  }, []);
  const saveNow = async (edit, { quiet = false, done = t("parts.saved") }) => {
    try {
      latest.current = await saveDocument(latest.current, edit(latest.current.document));
    } catch (error) {
      if (error.status === 409) await reload();
      if (!quiet || error.status === 409) toast(saveErrorText(error), { tone: "bad" });
      return { ok: false, error };
    }
    await reload(); // secrets that were typed are covered from now on
    if (done) toast(done);
    return { ok: true, error: null };
  };
  const save = useCallback((edit, options = {}) => {
    const saving = queue.current.then(() => saveNow(edit, options)); // one after the other: each begins with the last
    queue.current = saving;
    return saving;
  }, []);
  useEffect(() => {
    alive.current = true;
    reload();
    return () => (alive.current = false);
  }, []);
  return { ...state, reload, save };
}

/** What went wrong with saving, for people. */
export function saveErrorText(error) {
  return error.status === 409 ? t("parts.stale") : errorText(error);
}

/**
 * Ask before unsaved changes are lost: when the page is closed, and when a link of ours leads elsewhere. `forget` is
 * called when somebody goes anyway.
 */
export function useUnsaved(isDirty, forget) {
  const dirty = useRef(isDirty);
  dirty.current = isDirty;
  useEffect(() => {
    const onUnload = (event) => dirty.current && event.preventDefault();
    const onClick = async (event) => {
      const target = event.target.closest?.('a[href^="#/"]');
      if (!dirty.current || !target || event.metaKey || event.ctrlKey) return;
      event.preventDefault();
      event.stopPropagation();
      if (!(await confirmDiscard())) return;
      dirty.current = false;
      forget?.();
      location.hash = target.getAttribute("href");
    };
    addEventListener("beforeunload", onUnload);
    document.addEventListener("click", onClick, true);
    return () => {
      removeEventListener("beforeunload", onUnload);
      document.removeEventListener("click", onClick, true);
    };
  }, []);
}

/** Whether unsaved changes may be lost. */
export function confirmDiscard() {
  return confirm({ title: t("parts.unsaved"), text: t("document.discard"), action: t("parts.discard"), danger: true });
}
