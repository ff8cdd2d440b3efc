// What is written in the playground, and the request it makes.
import { t } from "../core/i18n.js";

const THINKING_TOKENS = 4096;

/** An empty form. `route` "" is automatic: then `asked` is the model's name in the request. */
export const blankDraft = () => ({
  mode: "message",
  route: "",
  asked: "claude-sonnet-4-5",
  format: "messages",
  system: "",
  message: "",
  maxTokens: 8192,
  stream: true,
  thinking: false,
  json: "",
});

/** The form for a request that was sent before. */
export function draftOf({ body, model, endpoint }) {
  const format = endpoint ?? "messages";
  return { ...blankDraft(), mode: "json", format, route: model ?? "", asked: body.model ?? "", json: JSON.stringify(body, null, 2) };
}

/** The request of a form: `{request: {format, body, model}}`, or `{error: {field, text}}`. */
export function requestOf(draft) {
  const model = draft.route || draft.asked.trim();
  if (draft.mode === "message") {
    if (!draft.message.trim()) return { error: { field: "message", text: t("playground.no_message") } };
    return { request: { format: "messages", model, body: bodyOf(draft, model) } };
  }
  try {
    const body = JSON.parse(draft.json);
    return { request: { format: draft.format, model, body: withModel(body, draft, model) } };
  } catch (problem) {
    return { error: { field: "json", text: t("playground.bad_json", { message: problem.message }) } };
  }
}

/** Gemini's requests have the model in the path. */
function withModel(body, draft, model) {
  return draft.format === "gemini" ? body : { ...body, model };
}

/** The Messages request of the message form; also what the JSON form begins with. */
export function bodyOf(draft, model = draft.route || draft.asked.trim()) {
  const maxTokens = draft.maxTokens ?? blankDraft().maxTokens;
  const body = { model, max_tokens: draft.thinking ? Math.max(maxTokens, THINKING_TOKENS + 1024) : maxTokens, stream: draft.stream };
  if (draft.system.trim()) body.system = draft.system;
  if (draft.thinking) body.thinking = { type: "enabled", budget_tokens: THINKING_TOKENS };
  return { ...body, messages: [{ role: "user", content: draft.message }] };
}
