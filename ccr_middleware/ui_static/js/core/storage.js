// Small settings of this browser. Private windows and strict settings may refuse storage: then they last for the visit.
const PREFIX = "ccr.";
const visit = new Map();

/** The stored value of `name`, or `otherwise`. */
export function recall(name, otherwise = null) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? otherwise : JSON.parse(text);
  } catch {
    return visit.has(name) ? visit.get(name) : otherwise;
  }
}

/** Keep a JSON value under `name`; null forgets it. */
export function remember(name, value) {
  visit.set(name, value);
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // The map above has it.
  }
}
