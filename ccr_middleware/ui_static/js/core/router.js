// The address after the hash: #/<page>/<argument>/…?<query>. It works under any prefix and needs no server.
import { signal } from "./view.js";

/** The shown place: `{page, args, query}`, all decoded. */
export const route = signal(parse(location.hash));

function parse(hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...args] = path.split("/").filter(Boolean).map(decode);
  return { page: page || "overview", args, query: Object.fromEntries(new URLSearchParams(search)) };
}

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The href of a place: `link("requests", id)`, `link("requests", {status: "error"})`, or both. */
export function link(page, ...rest) {
  const query = typeof rest.at(-1) === "object" ? rest.pop() : {};
  const wanted = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(wanted).toString();
  return `#/${[page, ...rest].map(encodeURIComponent).join("/")}${search ? `?${search}` : ""}`;
}

/** Go to a place, written as for `link`. */
export function navigate(...place) {
  location.hash = link(...place);
}

/** Change the place without a new entry in the browser's history: filters, tabs. */
export function replacePlace(...place) {
  history.replaceState(null, "", link(...place));
  route.value = parse(location.hash);
}

addEventListener("hashchange", () => {
  route.value = parse(location.hash);
});
