// Events of a Messages stream put together to the message they make.
import { parseEvent } from "./events.js";

/** An empty message, to fold events into. */
export const emptyMessage = () => ({ model: "", blocks: [], usage: {}, stopReason: null, error: null, isComplete: false });

/** The message of a whole answer. */
export function messageOf(answer) {
  return {
    ...emptyMessage(),
    model: answer.model ?? "",
    blocks: (answer.content ?? []).map((block) => ({ ...block, isOpen: false })),
    usage: answer.usage ?? {},
    stopReason: answer.stop_reason ?? null,
    isComplete: true,
  };
}

/** The message that a kept answer tells: a document, or the events of a stream. Null when it tells none. */
export function messageIn(text) {
  try {
    const answer = JSON.parse(text);
    return answer.type === "message" ? messageOf(answer) : null;
  } catch {
    const events = text.split(/\n\n/).map((one) => parsedOrNull(parseEvent(one).data));
    const message = events.reduce(folded, emptyMessage());
    return message.blocks.length ? message : null;
  }
}

function parsedOrNull(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The message with one more event in it; `data` is the parsed event. A new object, its blocks shared. */
export function folded(message, data) {
  const change = CHANGES[data?.type];
  return change ? { ...message, ...change(message, data) } : message;
}

const CHANGES = {
  message_start: (_, { message }) => ({ model: message.model, usage: message.usage ?? {} }),
  content_block_start: ({ blocks }, { index, content_block: block }) => ({ blocks: withBlock(blocks, index, { ...block, json: "", isOpen: true }) }),
  content_block_delta: ({ blocks }, { index, delta }) => ({ blocks: withBlock(blocks, index, grown(blocks[index] ?? {}, delta)) }),
  content_block_stop: ({ blocks }, { index }) => ({ blocks: withBlock(blocks, index, { ...blocks[index], isOpen: false }) }),
  message_delta: ({ usage }, data) => ({ usage: { ...usage, ...data.usage }, stopReason: data.delta?.stop_reason ?? null }),
  message_stop: () => ({ isComplete: true }),
  error: (_, { error }) => ({ error }),
};

function withBlock(blocks, index, block) {
  const copy = [...blocks];
  copy[index] = block;
  return copy;
}

function grown(block, delta) {
  if (delta.type === "text_delta") return { ...block, text: (block.text ?? "") + delta.text };
  if (delta.type === "thinking_delta") return { ...block, thinking: (block.thinking ?? "") + delta.thinking };
  if (delta.type === "input_json_delta") return { ...block, json: (block.json ?? "") + delta.partial_json };
  if (delta.type === "citations_delta") return { ...block, citations: [...(block.citations ?? []), delta.citation] };
  return block;
}

/** A tool's input as text to read, also while it is still coming. */
export function inputText(block) {
  if (!block.json) return JSON.stringify(block.input ?? {}, null, 2);
  try {
    return JSON.stringify(JSON.parse(block.json), null, 2);
  } catch {
    return block.json;
  }
}
