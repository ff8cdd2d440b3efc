// JSON5 for the code editor, and its colours.
import * as cm from "../../vendor/editor.js";

const { tags } = cm;

const language = cm.LRLanguage.define({
  name: "json5",
  parser: cm.json5Parser.configure({
    props: [
      cm.indentNodeProp.add({
        Object: cm.continuedIndent({ except: /^\s*\}/ }),
        Array: cm.continuedIndent({ except: /^\s*\]/ }),
      }),
      cm.foldNodeProp.add({ "Object Array": cm.foldInside }),
      cm.styleTags({
        String: tags.string,
        Number: tags.number,
        "True False": tags.bool,
        PropertyName: tags.propertyName,
        Null: tags.null,
        LineComment: tags.lineComment,
        BlockComment: tags.blockComment,
        ",": tags.separator,
        "[ ]": tags.squareBracket,
        "{ }": tags.brace,
      }),
    ],
  }),
  languageData: { closeBrackets: { brackets: ["[", "{", '"', "'"] }, indentOnInput: /^\s*[}\]]$/, commentTokens: { line: "//" } },
});

const colours = cm.HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--code-name)" },
  { tag: tags.string, color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-value)" },
  { tag: [tags.lineComment, tags.blockComment], color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.separator, tags.squareBracket, tags.brace], color: "var(--text-2)" },
]);

export function json5Language() {
  return [new cm.LanguageSupport(language), cm.syntaxHighlighting(colours)];
}

/**
 * Typing over a selection, done by the editor. Left to the browser, Chromium gives what is typed the style of what was
 * there, as a style attribute, which the page's content security policy forbids.
 */
export function ownReplacement() {
  return cm.EditorView.domEventHandlers({
    beforeinput(event, view) {
      const { from, to, empty } = view.state.selection.main;
      const isTyped = event.inputType === "insertText" && event.data;
      if (!isTyped || empty || view.composing || event.isComposing || view.state.readOnly) return false;
      event.preventDefault();
      const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
      const handlers = view.state.facet(cm.EditorView.inputHandler);
      if (!handlers.some((handler) => handler(view, from, to, event.data, insert))) view.dispatch(insert());
      return true;
    },
  });
}

/** The look of an editor, from the custom properties of the page. */
export function editorTheme(minHeight, maxHeight) {
  return cm.EditorView.theme({
    "&": { color: "var(--text)", backgroundColor: "var(--code-bg)", fontSize: "12.5px", maxHeight: maxHeight ? `${maxHeight}px` : "none" },
    "&.cm-focused": { outline: "none" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.6", minHeight: `${minHeight}px`, overflow: "auto" },
    ".cm-content": { padding: "10px 0", caretColor: "var(--text)" },
    ".cm-cursor": { borderLeftColor: "var(--text)" },
    ".cm-gutters": { backgroundColor: "var(--code-bg)", color: "var(--text-3)", border: "none", paddingLeft: "4px" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--selection)" },
    ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", outline: "none" },
    ".cm-selectionMatch, .cm-searchMatch": { backgroundColor: "var(--warn-soft)" },
    ".cm-searchMatch-selected": { backgroundColor: "var(--selection)" },
    ".cm-foldPlaceholder": { backgroundColor: "var(--hover)", border: "none", color: "var(--text-3)", padding: "0 6px" },
    ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--text)", borderBottom: "1px solid var(--line)" },
    ".cm-panel button, .cm-panel input": { fontFamily: "var(--font)", fontSize: "12px" },
    ".cm-textfield": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "5px" },
    ".cm-button": { backgroundImage: "none", backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "5px" },
    ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)", borderRadius: "8px", boxShadow: "var(--shadow-2)", overflow: "hidden" },
    ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-soft)", color: "var(--text)" },
    ".cm-diagnostic": { fontFamily: "var(--font)", fontSize: "12.5px", padding: "6px 10px" },
    ".cm-changedLine, &.cm-merge-b .cm-changedLine": { backgroundColor: "var(--ok-soft)" },
    ".cm-changedText, &.cm-merge-b .cm-changedText": { background: "var(--diff-added)" },
    ".cm-changedText span, .cm-deletedChunk .cm-deletedText span": { color: "var(--text) !important" }, // readable on them
    ".cm-deletedChunk": { backgroundColor: "var(--bad-soft)", paddingLeft: "6px" },
    ".cm-deletedChunk .cm-deletedText": { background: "var(--diff-removed)" },
    ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: "'…'" }, // its own sign is in few fonts
    ".cm-collapsedLines": { background: "var(--surface-2)", color: "var(--text-3)", padding: "4px 10px" },
  });
}
