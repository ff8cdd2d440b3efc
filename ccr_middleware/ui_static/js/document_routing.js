/** Routing in the raw configuration document: targets wherever they stand, scenarios, fallbacks, aliases and rules. */

import { CONFIG, isBlank, isObject, moved, read, withItem, write } from "./document.js";

const SPELLED = { longContext: ["longContext", "long_context"], webSearch: ["webSearch", "web_search"] };

/** The scenarios a target can be set for, in the order the pages show them. */
export const SCENARIOS = ["default", "background", "think", "longContext", "webSearch", "image"];

/** The lists of `fallback`: the scenarios, how a model was named, and what follows after each of them. */
export const FALLBACKS = [...SCENARIOS, "explicit", "subagent", "all"];

const THRESHOLD = ["longContextThreshold", "long_context_threshold"];
const THINK_WHEN = ["thinkWhen", "think_when"];
const RULE = { beforeExplicit: ["before_explicit", "beforeExplicit"] };

/** The keys a scenario may be written under. */
export function spelled(scenario) {
  return SPELLED[scenario] ?? [scenario];
}

// -- targets --------------------------------------------------------------------------------------------------------

/** A target or pool as `[{target, weight, raw}]`; weight 1 unless written. */
export function readPool(written) {
  const list = Array.isArray(written) ? written : isBlank(written) ? [] : [written];
  return list.map((raw) => (isObject(raw) ? { target: String(raw.target ?? ""), weight: raw.weight ?? 1, raw }
    : { target: String(raw), weight: 1, raw }));
}

/** How a pool is written: a text for one target of weight 1, undefined for none. */
export function writePool(members) {
  const written = members.filter((member) => !isBlank(member.target)).map(writeMember);
  return written.length > 1 || isObject(written[0]) ? written : written[0];
}

function writeMember({ target, weight = 1, raw }) {
  const rest = isObject(raw) ? raw : {};
  if (weight === 1 && Object.keys(rest).every((key) => key === "target" || key === "weight")) return target;
  return { ...rest, target, weight };
}

/** Every target of the document with where it stands: `{path, kind, name, target}`, kind as in `mapTargets`. */
export function targetsIn(document) {
  const found = [];
  mapTargets(document, (target, place) => {
    found.push({ ...place, target });
    return target;
  });
  return found;
}

/**
 * A document with every target replaced by what `change(target, {kind, name, path})` gives; kind is `scenario`,
   `fallback`,
 * `alias`, `rule` or `rule_fallback`.
 */
export function mapTargets(document, change) {
  let copy = document;
  const inside = (names, edit) => {
    const value = read(copy, names);
    if (isObject(value) || Array.isArray(value)) copy = write(copy, names, edit(value));
  };
  inside(CONFIG.router, (router) => mapRouter(router, change));
  inside(CONFIG.fallback, (lists) => mapMembers(lists, (value, name) => mapPool(value, change,
    { kind: "fallback", name, path: ["fallback", name] })));
  inside(CONFIG.aliases, (names) => mapMembers(names, (value, name) => mapPool(value, change,
    { kind: "alias", name, path: ["aliases", name] })));
  inside(CONFIG.rules, (rules) => (Array.isArray(rules) ? rules.map((rule, index) => mapRule(rule, index, change))
    : rules));
  return copy;
}

function mapRouter(router, change) {
  const known = new Set(SCENARIOS.flatMap(spelled));
  return mapMembers(router, (value, name) => {
    if (name === "routes" && isObject(value)) return mapRouter(value, change);
    return known.has(name) ? mapPool(value, change, { kind: "scenario", name: canonical(name), path: ["Router", name] })
      : value;
  });
}

function mapRule(rule, index, change) {
  if (!isObject(rule)) return rule;
  const name = rule.name || `#${index + 1}`;
  const copy = { ...rule };
  if ("target" in rule) copy.target = mapPool(rule.target, change, { kind: "rule", name,
    path: ["rules", index, "target"] });
  if ("fallback" in rule) copy.fallback = mapPool(rule.fallback, change,
    { kind: "rule_fallback", name, path: ["rules", index, "fallback"] });
  return copy;
}

function mapPool(value, change, place) {
  if (Array.isArray(value)) return value.map((member) => mapPool(member, change, place));
  if (isObject(value)) return { ...value, target: mapPool(value.target, change, place) };
  return typeof value === "string" && value.trim() ? change(value, place) : value;
}

function mapMembers(object, edit) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, edit(value, name)]));
}

function canonical(name) {
  return SCENARIOS.find((scenario) => spelled(scenario).includes(name)) ?? name;
}

// -- Router ---------------------------------------------------------------------------------------------------------

/** What `Router` says: the pools by scenario, the threshold and `thinkWhen`; `routes` (an older form) counts too. */
export function routerOf(document) {
  const pools = Object.fromEntries(SCENARIOS.map((scenario) => [scenario,
    readPool(readRouter(document, spelled(scenario)))]));
  return { pools, threshold: readRouter(document, THRESHOLD), thinkWhen: readRouter(document, THINK_WHEN) };
}

function readRouter(document, names) {
  const router = read(document, CONFIG.router);
  const beside = read(router, names);
  return isBlank(beside) ? read(router?.routes, names) : beside;
}

function writeRouter(document, names, value) {
  const router = read(document, CONFIG.router);
  const inRoutes = isObject(router?.routes) && !names.some((name) => name in router);
  const changed = inRoutes ? { ...router, routes: write(router.routes, names, value) } : write(router, names, value);
  return write(document, CONFIG.router, value === undefined && !inRoutes ? withoutInRoutes(changed, names) : changed);
}

/** A scenario that is switched off must not come back from `routes`, which counts where nothing is beside it. */
function withoutInRoutes(router, names) {
  return isObject(router.routes) ? { ...router, routes: write(router.routes, names, undefined) } : router;
}

/** A document with another pool for a scenario; an empty one takes the scenario out. */
export function withScenario(document, scenario, members) {
  return writeRouter(document, spelled(scenario), writePool(members));
}

export function withThreshold(document, value) {
  return writeRouter(document, THRESHOLD, value);
}

export function withThinkWhen(document, value) {
  return writeRouter(document, THINK_WHEN, value);
}

// -- fallbacks and aliases ------------------------------------------------------------------------------------------

/** The targets of a fallback list. */
export function fallbackOf(document, name) {
  const written = read(read(document, CONFIG.fallback), spelled(name));
  const list = Array.isArray(written) ? written : isBlank(written) ? [] : [written];
  return list.map(String);
}

/** Whether a list is written at all: an empty one differs from none for `explicit` and `subagent`. */
export function hasFallback(document, name) {
  const lists = read(document, CONFIG.fallback);
  return isObject(lists) && spelled(name).some((key) => key in lists);
}

/** A document with another fallback list; `undefined` or an empty one takes it out. */
export function withFallback(document, name, targets) {
  const wanted = targets?.filter((target) => !isBlank(target));
  const lists = write(read(document, CONFIG.fallback), spelled(name), wanted?.length ? wanted : undefined);
  return write(document, CONFIG.fallback, Object.keys(lists).length ? lists : undefined);
}

/** `[{name, members}]` of the aliases, in their order. */
export function aliasesOf(document) {
  return Object.entries(read(document, CONFIG.aliases)
    ?? {}).map(([name, written]) => ({ name, members: readPool(written) }));
}

/** A document with an alias set in its place (renamed from `before`), or taken out (`members` undefined). */
export function withAlias(document, before, name, members) {
  const entries = Object.entries(read(document, CONFIG.aliases) ?? {});
  const at = entries.findIndex(([known]) => known === before);
  const changed = withItem(entries, at < 0 ? entries.length : at, members && [name, writePool(members)]);
  return write(document, CONFIG.aliases, changed.length ? Object.fromEntries(changed) : undefined);
}

// -- rules ----------------------------------------------------------------------------------------------------------

/** The rules as written, in their order. */
export function rulesOf(document) {
  const rules = read(document, CONFIG.rules);
  return Array.isArray(rules) ? rules : [];
}

/** A document with a rule replaced, taken out (`undefined`) or, behind the last, added. */
export function withRule(document, index, rule) {
  const rules = withItem(rulesOf(document), index, rule);
  return write(document, CONFIG.rules, rules.length ? rules : undefined);
}

/** A document with a rule at another place of the order. */
export function withRuleMoved(document, from, to) {
  return write(document, CONFIG.rules, moved(rulesOf(document), from, to));
}

/** What a rule says besides its conditions. `fallback` is null when it has no list of its own. */
export function ruleForm(rule) {
  const fallback = rule.fallback === undefined || rule.fallback === null ? null : [rule.fallback].flat().map(String);
  return {
    name: String(rule.name ?? ""),
    enabled: rule.enabled !== false && rule.enabled !== "false",
    beforeExplicit: [true, "true"].includes(read(rule, RULE.beforeExplicit)),
    members: readPool(rule.target),
    fallback,
    parameters: isObject(rule.parameters) ? rule.parameters : {},
  };
}

/** A rule with what a form says; what is as it would be anyway is not written, unless it was before. */
export function withRuleForm(rule, form) {
  let copy = write(rule, ["name"], form.name.trim() || undefined);
  copy = write(copy, ["enabled"], form.enabled && !("enabled" in copy) ? undefined : form.enabled);
  const explicit = form.beforeExplicit || RULE.beforeExplicit.some((key) => key in copy) ? form.beforeExplicit
    : undefined;
  copy = write(copy, RULE.beforeExplicit, explicit);
  copy = write(copy, ["target"], writePool(form.members));
  copy = write(copy, ["fallback"], form.fallback ?? undefined);
  return write(copy, ["parameters"], Object.keys(form.parameters).length ? form.parameters : undefined);
}
