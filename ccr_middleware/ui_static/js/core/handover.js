// A request that one page hands to another, once: from the history to the playground.
let waiting = null;

/** Leave `{body, model}` for the playground. */
export function handOver(request) {
  waiting = request;
}

/** Take what was left; null when there is nothing. */
export function takeOver() {
  const taken = waiting;
  waiting = null;
  return taken;
}
