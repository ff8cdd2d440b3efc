// The code editor. It lives in a shadow root, where CodeMirror uses constructed style sheets: the page's content
// security policy allows no style elements.
import * as cm from "../../vendor/editor.js";
import { html, useEffect, useLayoutEffect, useRef } from "../core/view.js";
import { language, t } from "../core/i18n.js";
import { editorTheme, json5Language, ownReplacement } from "./editor_language.js";

export { JSON5 } from "../../vendor/editor.js";

/**
 * An editor for JSON and JSON5. `value` may change from outside; `onChange(text)` is told of edits. `problems` is a list
 * of `{message, line, column, severity}` (1-based; what the gateway answers), shown in the margin and under the text.
 * `syntax: false` is for plain text. `handle` is a ref that is given `{focus(), goTo(line, column), view}`.
 */
export function CodeEditor({ value, onChange, label, readOnly = false, problems = [], syntax = true, minHeight = 160, maxHeight, handle }) {
  const host = useRef(null);
  const view = useRef(null);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const tell = cm.EditorView.updateListener.of((update) => {
      if (update.docChanged && !update.transactions.some((one) => one.isUserEvent("ours"))) {
        latest.current?.(update.state.doc.toString());
      }
    });
    const extensions = [...setup({ label, readOnly, syntax, minHeight, maxHeight }), tell];
    view.current = new cm.EditorView({ doc: value ?? "", extensions, parent: root, root });
    if (handle) handle.current = { focus: () => view.current.focus(), goTo: (...place) => goTo(view.current, ...place), view: view.current };
    return () => view.current.destroy();
  }, [readOnly, syntax, label, language.value]);
  // Before the next key, or what it typed would be taken for old: a later effect may come with a text that is.
  useLayoutEffect(() => {
    if (view.current) replaceText(view.current, value ?? "");
  }, [value]);
  useEffect(() => showProblems(view.current, problems), [problems, value]);
  return html`<div class="editor" ref=${host}></div>`;
}

/** Two texts side by side (one under the other on narrow screens), with what differs marked. */
export function TextDiff({ before, after, label }) {
  const host = useRef(null);
  useEffect(() => {
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const extensions = [
      ...setup({ label, readOnly: true, syntax: true, minHeight: 80 }),
      cm.unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
    ];
    const view = new cm.EditorView({ doc: after, extensions, parent: root, root });
    return () => view.destroy();
  }, [before, after, language.value]);
  return html`<div class="editor" ref=${host}></div>`;
}

function setup({ label, readOnly, syntax, minHeight, maxHeight }) {
  return [
    cm.lineNumbers(), cm.highlightSpecialChars(), cm.history(), cm.foldGutter(), cm.drawSelection(), cm.bracketMatching(),
    cm.highlightActiveLine(), cm.highlightActiveLineGutter(), cm.highlightSelectionMatches(), cm.search({ top: true }),
    readOnly ? [] : [cm.closeBrackets(), cm.indentOnInput(), cm.lintGutter()],
    syntax ? json5Language() : [],
    cm.keymap.of([...cm.closeBracketsKeymap, ...cm.defaultKeymap, ...cm.searchKeymap, ...cm.historyKeymap, ...cm.foldKeymap, ...cm.lintKeymap]),
    cm.EditorState.readOnly.of(readOnly),
    cm.EditorState.phrases.of(phrases()),
    cm.EditorView.lineWrapping,
    cm.EditorView.contentAttributes.of({ "aria-label": label, "aria-readonly": String(readOnly), tabindex: "0" }),
    ownReplacement(),
    editorTheme(minHeight, maxHeight),
  ];
}

/** CodeMirror's own words that a reader may meet. */
function phrases() {
  const words = ["Find", "Replace", "next", "previous", "all", "match case", "by word", "regexp", "replace", "replace all", "close",
    "Folded lines", "Unfolded lines", "unfold", "folded code", "Fold line", "Unfold line", "Diagnostics", "No diagnostics"];
  const shown = words.map((word) => [word, t(`editor.${word.toLowerCase().replaceAll(" ", "_")}`)]);
  return { ...Object.fromEntries(shown), "$ unchanged lines": t("editor.unchanged_lines") };
}

function replaceText(view, text) {
  const old = view.state.doc.toString();
  if (old === text) return;
  view.dispatch({ changes: { from: 0, to: old.length, insert: text }, userEvent: "ours" });
}

function showProblems(view, problems) {
  const diagnostics = problems.map((one) => {
    const from = offsetOf(view.state.doc, one.line, one.column);
    const to = Math.max(from, view.state.doc.lineAt(from).to);
    return { from, to, severity: one.severity ?? "error", message: one.message };
  });
  view.dispatch(cm.setDiagnostics(view.state, diagnostics));
}

function goTo(view, line, column) {
  const anchor = offsetOf(view.state.doc, line, column);
  view.dispatch({ selection: { anchor }, effects: cm.EditorView.scrollIntoView(anchor, { y: "center" }) });
  view.focus();
}

function offsetOf(doc, line, column) {
  const wanted = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
  return Math.min(wanted.from + Math.max((column ?? 1) - 1, 0), wanted.to);
}
