// Requests to try the routing with: as Claude Code sends them, cut down to what decides.

const TOOL = { name: "Bash", description: "Run a command.", input_schema: { type: "object",
  properties: { command: { type: "string" } } } };
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const LONG_WORDS = 70_000;

const request = (more, text = "List the files in this folder.") => ({
  model: "claude-sonnet-4-5",
  max_tokens: 4000,
  stream: true,
  tools: [TOOL],
  messages: [{ role: "user", content: text }],
  ...more,
});

/** `{name: () => body}`; `model` is one that is configured. */
export const SAMPLES = {
  ordinary: () => request({}),
  think: () => request({ model: "claude-opus-4-5", thinking: { type: "enabled", budget_tokens: 16000 },
    max_tokens: 32000 }, "Prove it."),
  background: () => request({ model: "claude-haiku-4-5", tools: undefined, max_tokens: 500 },
    "Write a title for this conversation."),
  long: () => request({}, `${"word ".repeat(LONG_WORDS)}\nWhat is this about?`),
  web: () => request({ tools: [TOOL, { type: "web_search_20250305", name: "web_search" }] }, "What is new in Python?"),
  image: () => request({
    messages: [{ role: "user", content: [
      { type: "image", source: { type: "base64", media_type: "image/png", data: PIXEL } },
      { type: "text", text: "What is this?" },
    ] }],
  }),
  named: (model) => request({ model: model ?? "provider,model" }),
};
