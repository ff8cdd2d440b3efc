// Hooks for what has to be fetched.
import { useCallback, useEffect, useRef, useState } from "./view.js";

/**
 * Fetch when the component appears and whenever `inputs` change: `const {data, error, loading, reload} = useLoad(...)`.
 * `fetcher` is given an AbortSignal. Old data stays visible while new data comes; `error` is an ApiError or null.
 */
export function useLoad(fetcher, inputs = []) {
  const [state, setState] = useState({ data: null, error: null, loading: true });
  const current = useRef(null);
  const run = useCallback(async () => {
    current.current?.abort();
    const abort = new AbortController();
    current.current = abort;
    setState((old) => ({ ...old, loading: true }));
    try {
      const data = await fetcher(abort.signal);
      if (!abort.signal.aborted) setState({ data, error: null, loading: false });
    } catch (error) {
      if (!abort.signal.aborted) setState((old) => ({ ...old, error, loading: false }));
    }
  }, inputs);
  useEffect(() => {
    run();
    return () => current.current?.abort();
  }, [run]);
  const setData = useCallback((change) => {
    setState((old) => ({ ...old, data: typeof change === "function" ? change(old.data) : change }));
  }, []);
  return { ...state, reload: run, setData };
}

/** Call `tick` every `milliseconds` while the component is there and the page is visible. */
export function usePolling(tick, milliseconds) {
  const latest = useRef(tick);
  latest.current = tick;
  useEffect(() => {
    if (!milliseconds) return undefined;
    const timer = setInterval(() => document.hidden || latest.current(), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
}

/** A value that follows `value` once it has been still for `milliseconds`: for search boxes. */
export function useSettled(value, milliseconds = 250) {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return settled;
}
