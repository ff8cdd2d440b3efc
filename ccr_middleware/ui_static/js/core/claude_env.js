// The environment lines that point Claude Code at this gateway.
import { ROOT } from "./api.js";

/** The address for clients: where the gateway is mounted, without a slash at its end. */
export const BASE_URL = ROOT.href.replace(/\/$/, "");

/** The variables as a list of [name, value]. Without a key a placeholder word stands in its place. */
export function environment({ key = "", base = BASE_URL } = {}) {
  return [
    ["ANTHROPIC_BASE_URL", base],
    ["ANTHROPIC_AUTH_TOKEN", key || "any-text"],
    ["CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY", "1"],
  ];
}

/** `{posix, powershell, json}`: for a shell, for PowerShell, and for Claude Code's settings.json. */
export function environmentLines(options) {
  const pairs = environment(options);
  return {
    posix: pairs.map(([name, value]) => `export ${name}=${quotedForShell(value)}`).join("\n"),
    powershell: pairs.map(([name, value]) => `$env:${name} = '${value.replaceAll("'", "''")}'`).join("\n"),
    json: JSON.stringify({ env: Object.fromEntries(pairs) }, null, 2),
  };
}

/** A text as one word of a POSIX shell. */
export function quotedForShell(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
