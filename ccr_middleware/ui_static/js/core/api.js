// Requests to the gateway. Paths are relative to its mount point ("api/config"), whatever prefix that has.
import { signal } from "./view.js";

/** Where the gateway is mounted; this page lies in its folder ui/. */
export const ROOT = new URL("../", document.baseURI.split("#")[0]);

/** Counts answers that said 401, so that the session can look whether it still is one. */
export const refusals = signal(0);

/** An answer that was an error, or none at all (`status` 0). */
export class ApiError extends Error {
  constructor(message, { status = 0, type = "network_error", problems = [], requestId = null, retryAfter = null, headers = null } = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.type = type;
    this.problems = problems; // [{path, message, line, column}]
    this.requestId = requestId;
    this.retryAfter = retryAfter;
    this.headers = headers; // of the answer: a Headers, or null
  }
}

/** The address of a path of the gateway, with those query parameters that have a value. */
export function address(path, query = {}) {
  const url = new URL(path, ROOT);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

/**
 * Ask the gateway. Throws ApiError; an abort throws the browser's AbortError.
 * `body` goes as JSON, a string or Blob as it is. Gives `{data, headers, status}`; `data` is JSON or text.
 */
export async function call(method, path, { query, body, headers = {}, signal: abort } = {}) {
  const response = await send(method, path, { query, body, headers, signal: abort });
  return { data: await read(response), headers: response.headers, status: response.status };
}

/** The same, answered by the browser's Response as soon as its headers are there: for streams. Throws ApiError. */
export async function send(method, path, { query, body, headers = {}, signal: abort } = {}) {
  const isPlain = body === undefined || typeof body === "string" || body instanceof Blob;
  const all = isPlain ? { ...headers } : { "content-type": "application/json", ...headers };
  const options = { method, headers: all, body: isPlain ? body : JSON.stringify(body), signal: abort };
  let response;
  try {
    response = await fetch(address(path, query), { ...options, credentials: "same-origin", cache: "no-store" });
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    throw new ApiError(problem.message);
  }
  if (!response.ok) throw await errorOf(response, path);
  return response;
}

export const get = async (path, query, options = {}) => (await call("GET", path, { ...options, query })).data;
export const post = async (path, body, options = {}) => (await call("POST", path, { ...options, body })).data;
export const patch = async (path, body, options = {}) => (await call("PATCH", path, { ...options, body })).data;
export const del = async (path, query, options = {}) => (await call("DELETE", path, { ...options, query })).data;

async function read(response) {
  const text = await response.text();
  if (!(response.headers.get("content-type") ?? "").includes("json")) return text;
  return text ? JSON.parse(text) : null;
}

async function errorOf(response, path) {
  if (response.status === 401 && path !== "api/session") refusals.value += 1;
  const body = await read(response).catch(() => null);
  const error = body?.error ?? {};
  return new ApiError(error.message || response.statusText || `HTTP ${response.status}`, {
    status: response.status,
    type: error.type ?? "api_error",
    problems: error.details?.problems ?? body?.details?.problems ?? [],
    requestId: response.headers.get("request-id"),
    retryAfter: response.headers.get("retry-after"),
    headers: response.headers,
  });
}
