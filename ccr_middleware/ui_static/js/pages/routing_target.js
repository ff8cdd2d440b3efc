// Choosing a model: a text field with a list of what is configured, and lists of such fields.
import { html, useEffect, useId, useRef, useState } from "../core/view.js";
import { addTexts, t } from "../core/i18n.js";
import { PROVIDER, moved, read, withItem } from "../document.js";
import { modelsOf, providersOf } from "../document_providers.js";
import { aliasesOf } from "../document_routing.js";
import { Button, Field, Icon, IconButton } from "../parts/index.js";
import texts from "../texts/document.js";

addTexts(texts);

/**
 * What can be chosen: `[{group, options: [{value, label}]}]` by provider, then the aliases. A provider that lists no
 * models has those of its entry in the catalogue.
 */
export function targetChoices(document, catalogue = []) {
  const groups = providersOf(document).map(({ name, raw }) => ({
    group: name,
    options: knownModels(raw, name, catalogue).map((model) => ({ value: `${name},${model}`, label: model })),
  }));
  const aliases = aliasesOf(document).map(({ name }) => ({ value: name, label: name }));
  return [...groups, { group: t("target.aliases"), options: aliases }].filter((one) => one.options.length);
}

/** The models of a provider: those it lists, else those the catalogue knows for its name. */
export function knownModels(raw, name, catalogue = []) {
  const listed = modelsOf(raw);
  if (listed.length || read(raw, PROVIDER.baseUrl)) return listed;
  return entryOf(catalogue, name)?.models ?? [];
}

/** The entry of the catalogue that a name stands for. */
export function entryOf(catalogue, name) {
  const wanted = String(name ?? "").trim().toLowerCase();
  return catalogue.find((one) => [one.name, ...(one.aliases ?? [])].some((known) => known.toLowerCase() === wanted));
}

/** Whether a target is among the choices, in any case; a document without providers knows none. */
export function isKnown(choices, target) {
  const wanted = String(target).replace(/\s*,\s*/, ",").toLowerCase();
  return choices.some(({ options }) => options.some((one) => one.value.toLowerCase() === wanted));
}

/** A field for one target. What is not configured may be typed, and is marked. `onChange("")` when it is cleared. */
export function TargetField({ label, hint, error, required, hideLabel, value, onChange, choices, class: extra }) {
  const warning = value && choices.length && !isKnown(choices, value) ? t("target.unknown", { target: value }) : null;
  return html`<${Field} label=${label} hint=${warning ? null : hint} error=${error ?? warning} required=${required}
    hideLabel=${hideLabel} class=${`target-field ${warning && !error ? "is-warning" : ""} ${extra ?? ""}`}>
    ${(control) => html`<${Combo} value=${value} onChange=${onChange} choices=${choices} control=${control} />`}
  <//>`;
}

function Combo({ value, onChange, choices, control }) {
  const [draft, setDraft] = useState(null); // what is typed while the list is open; null: it is closed
  const [active, setActive] = useState(-1);
  const input = useRef(null);
  const list = useRef(null);
  const listId = useId();
  const isOpen = draft !== null;
  const found = isOpen ? filtered(choices, draft) : [];
  const flat = found.flatMap((group) => group.options);
  usePlaced(isOpen, input, list, [draft]);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);
  const close = () => (setDraft(null), setActive(-1));
  const choose = (target) => (onChange(target), close());
  function onKeyDown(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!isOpen) setDraft("");
      else setActive((active + step + flat.length) % Math.max(flat.length, 1));
    } else if (event.key === "Enter" && isOpen) {
      event.preventDefault();
      choose(flat[active]?.value ?? (draft.trim() || value || ""));
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  }
  function onBlur() {
    if (draft?.trim()) onChange(draft.trim());
    close();
  }
  return html`<span class="combo">
    <input class="input mono" type="text" role="combobox" ref=${input} autocomplete="off" spellcheck=${false}
      aria-expanded=${isOpen} aria-controls=${listId} aria-autocomplete="list"
      aria-activedescendant=${active >= 0 ? `${listId}-${active}` : undefined}
      value=${isOpen && draft !== "" ? draft : value} placeholder=${t("target.pick")}
      onInput=${(event) => (setDraft(event.currentTarget.value), setActive(0))}
      onFocus=${(event) => event.currentTarget.select()} onClick=${() => isOpen || setDraft("")}
      onKeyDown=${onKeyDown} onBlur=${onBlur} ...${control} />
    ${value && !isOpen
      ? html`<${IconButton} icon="x" size=${14} label=${t("target.clear")} onClick=${() => onChange("")} />`
      : html`<${Icon} name="chevron_down" size=${16} />`}
    <div class="combo-list" id=${listId} role="listbox" aria-label=${t("target.models")} popover="manual" ref=${list}>
      ${isOpen && !flat.length && html`<p class="combo-none">${t(draft ? "target.none" : "target.search")}</p>`}
      ${found.map((group) => html`<div key=${group.group} role="group" aria-label=${group.group}>
        <div class="combo-group" aria-hidden="true">${group.group}</div>
        ${group.options.map((one) => {
          const index = flat.indexOf(one);
          return html`<div key=${one.value} id=${`${listId}-${index}`} role="option" class="combo-option"
            aria-selected=${index === active ? "true" : "false"} data-chosen=${one.value === value || undefined}
            onMouseDown=${(event) => (event.preventDefault(), choose(one.value))}>
            <span>${one.label}</span>${one.value === value && html`<${Icon} name="check" size=${14} />`}
          </div>`;
        })}
      </div>`)}
    </div>
  </span>`;
}

function filtered(choices, text) {
  const words = text.trim().toLowerCase().split(/[\s,]+/).filter(Boolean);
  const fits = (one) => words.every((word) => one.value.toLowerCase().includes(word));
  return choices.map((group) => ({ ...group,
    options: group.options.filter(fits) })).filter((group) => group.options.length);
}

/** Keep the list, which lies in the top layer, below its field (or above, where there is more room). */
function usePlaced(isOpen, input, list, inputs) {
  useEffect(() => {
    const box = list.current;
    if (!isOpen) return box.matches(":popover-open") && box.hidePopover();
    if (!box.matches(":popover-open")) box.showPopover();
    const place = () => {
      const field = input.current.getBoundingClientRect();
      const below = innerHeight - field.bottom - 12;
      const isAbove = below < 180 && field.top > below;
      const room = Math.min(320, isAbove ? field.top - 12 : below);
      Object.assign(box.style, { left: `${field.left}px`, width: `${field.width}px`, maxHeight: `${room}px` });
      box.style.top = isAbove ? `${field.top - Math.min(room, box.scrollHeight) - 4}px` : `${field.bottom + 4}px`;
    };
    place();
    addEventListener("scroll", place, true);
    addEventListener("resize", place);
    return () => {
      removeEventListener("scroll", place, true);
      removeEventListener("resize", place);
    };
  }, [isOpen, ...inputs]);
}

/** One target, or several that share the load. `members` as of `readPool`. */
export function PoolField({ label, hint, error, members, onChange, choices }) {
  const [isAdding, setAdding] = useState(false); // an empty line, which the document does not hold
  const blank = { target: "", weight: 1 };
  const shown = members.length && !isAdding ? members : [...members, blank];
  const isPool = shown.length > 1;
  function set(index, change) {
    const edited = withItem(shown, index, { ...shown[index], ...change });
    if (change.target && index >= members.length) setAdding(false);
    onChange(edited.filter((member) => member.target));
  }
  function remove(index) {
    if (index >= members.length) setAdding(false);
    else onChange(withItem(members, index, undefined));
  }
  return html`<div class="pool">
    ${shown.map((member, index) => html`<${PoolMember} key=${index} member=${member} index=${index} isPool=${isPool}
      choices=${choices}
      frame=${{ label, hint: index ? null : hint, error: index ? null : error }}
        onChange=${(change) => set(index, change)}
      onRemove=${() => remove(index)} />`)}
    ${isPool && html`<p class="field-hint">${t("pool.hint")}</p>`}
    ${members.length > 0 && !isAdding && html`<div class="pool-add"><${Button} kind="quiet" small icon="plus"
      onClick=${() => setAdding(true)}>${t("pool.add")}<//></div>`}
  </div>`;
}

function PoolMember({ member, index, isPool, choices, frame, onChange, onRemove }) {
  return html`<div class="pool-member">
    <${TargetField} ...${frame} hideLabel=${index > 0} value=${member.target} choices=${choices}
      onChange=${(target) => onChange({ target })} />
    ${isPool && html`<label class="pool-weight">
      <span class=${index ? "visually-hidden" : ""}>${t("pool.weight")}</span>
      <input class="input num" type="number" min="0" step="any" value=${member.weight}
        aria-label=${t("pool.weight_of", { target: member.target })}
        onInput=${(event) => onChange({ weight: event.currentTarget.valueAsNumber || 1 })} />
    </label>
    <${IconButton} icon="x" label=${t("parts.remove", { name: member.target })} onClick=${onRemove} />`}
  </div>`;
}

/** An ordered list of targets, such as fallbacks. */
export function TargetList({ label, targets, onChange, choices }) {
  const [isAdding, setAdding] = useState(false);
  const shown = isAdding ? [...targets, ""] : targets;
  const move = (from, to) => onChange(moved(targets, from, to));
  function set(index, value) {
    if (index >= targets.length) setAdding(false);
    onChange(withItem(targets, index, value || undefined));
  }
  return html`<div class="target-list" role="group" aria-label=${label}>
    ${shown.map((target, index) => html`<div key=${index} class="target-row">
      <span class="target-number" aria-hidden="true">${index + 1}</span>
      <${TargetField} label=${`${label} ${index + 1}`} hideLabel value=${target} choices=${choices}
        onChange=${(value) => set(index, value)} />
      <${IconButton} icon="arrow_up" size=${15} label=${t("targets.up", { name: target })}
        disabled=${index === 0 || !target} onClick=${() => move(index, index - 1)} />
      <${IconButton} icon="arrow_down" size=${15} label=${t("targets.down", { name: target })}
        disabled=${index >= targets.length - 1} onClick=${() => move(index, index + 1)} />
      <${IconButton} icon="x" size=${15} label=${t("parts.remove", { name: target })} onClick=${() => set(index, "")} />
    </div>`)}
    ${!isAdding && html`<${Button} kind="quiet" small icon="plus"
      onClick=${() => setAdding(true)}>${t("targets.add")}<//>`}
  </div>`;
}
