// The blocks of a message, drawn: text, thinking, tool calls, and whatever else there is as JSON.
import { html } from "../core/view.js";
import { t } from "../core/i18n.js";
import { inputText } from "../core/message.js";
import { CodeBlock, Disclosure } from "./basic.js";
import { Icon } from "./icon.js";
import { Prose } from "./prose.js";

const SHOWN_AS = {
  text: TextBlock,
  thinking: Thinking,
  redacted_thinking: () => html`<p class="block-note"><${Icon} name="eye_off" size=${16} />${t("message.redacted")}</p>`,
  tool_use: ToolUse,
  server_tool_use: ToolUse,
};

export function Blocks({ message, isRunning = false }) {
  return html`<div class="blocks">${message.blocks.map((block, index) => {
    if (!block) return null;
    const View = SHOWN_AS[block.type] ?? Other;
    return html`<${View} key=${index} block=${block} isOpen=${isRunning && block.isOpen} />`;
  })}</div>`;
}

function TextBlock({ block, isOpen }) {
  return html`<${Prose} text=${block.text} after=${isOpen && html`<i class="caret"></i>`} />`;
}

function Thinking({ block, isOpen }) {
  return html`<div class="block-thinking">
    <${Disclosure} title=${t("message.thought")} open>
      <${Prose} text=${block.thinking} after=${isOpen && html`<i class="caret"></i>`} />
    <//>
  </div>`;
}

function ToolUse({ block }) {
  return html`<div class="block-tool">
    <p class="block-note"><${Icon} name="bolt" size=${16} /><b>${t("message.tool", { name: block.name })}</b><code class="faint small">${block.id}</code></p>
    <${CodeBlock} wrap copy=${false} label=${t("message.tool", { name: block.name })} text=${inputText(block)} />
  </div>`;
}

function Other({ block }) {
  const { isOpen, json, ...shown } = block;
  const key = block.type?.endsWith("_tool_result") ? "message.result" : "message.block";
  return html`<${Disclosure} title=${t(key, { type: block.type })}><${CodeBlock} wrap text=${JSON.stringify(shown, null, 2)} /><//>`;
}
