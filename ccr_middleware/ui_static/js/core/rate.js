// How many requests ended in the last minute.
import { useEffect, useRef, useState } from "./view.js";
import { get } from "./api.js";
import { watchRequests } from "./live.js";

const MINUTE_MS = 60_000;
const TICK_MS = 2000;

/** The number, kept up to date while the component is there. */
export function useRequestsPerMinute() {
  const ends = useRef(new Map()); // id of a request → when it ended
  const [count, setCount] = useState(0);
  const tell = () => {
    for (const [id, time] of ends.current) if (time < Date.now() - MINUTE_MS) ends.current.delete(id);
    setCount(ends.current.size);
  };
  const add = (record) => ends.current.set(record.id, (record.time + (record.total_seconds ?? 0)) * 1000);
  useEffect(() => {
    const since = Date.now() / 1000 - 2 * (MINUTE_MS / 1000);
    get("api/requests", { since, limit: 1000 }).then(({ requests }) => (requests.forEach(add), tell()), () => {});
    const timer = setInterval(tell, TICK_MS);
    const stop = watchRequests((event, record) => event === "request" && (add(record), tell()));
    return () => (clearInterval(timer), stop());
  }, []);
  return count;
}
