/** Knobs: a form read off the registry, for whatever a job's options or a step's settings are. */
import { html, useEffect, useSignal } from "../vendor/ui.js";
import { priceOfOrder } from "./api.js";
import { FINAL } from "./jobs.js";
import { attempt, orderAgain } from "./orders.js";
import { Button, wordsAndUnit } from "./parts.js";
import { go } from "./router.js";
import { state } from "./store.js";
import { words } from "./words.js";

const FIRST = ["height_mm", "generator", "printer", "target", "purpose", "material", "max_faces", "hollow_mm", "plinth", "text", "orient", "wall_mm", "colors", "texture_px", "light_out", "subject"];
const NOT_HERE = ["photo", "output", "report", "cache", "force", "keep_model", "point", "box", "matting_model", "slice", "slicer", "reference_px"];

/** The options of a job, as rows: {name, kind, description, default, choices, bounds}. */
export function optionsOf(job) {
  const { destinations, recipes } = state.catalog.value;
  if (job.order.kind === "make") return destinations[job.order.destination].options;
  return recipes[job.order.recipe]?.knobs ?? [];
}

/** Steps that run again when some knobs are turned: those they turn, and all that depend on them. */
export function stepsAgain(job, names) {
  const { destinations, recipes } = state.catalog.value;
  const recipe = recipes[job.order.kind === "make" ? destinations[job.order.destination].recipes.full : job.order.recipe];
  if (!recipe) return [];
  const turned = new Set(names.flatMap((name) => recipe.turns[name] ?? (name.includes(".") ? [name.split(".")[0]] : [])));
  return downstream(recipe.form, turned);
}

/** Steps and everything after them, in the recipe's order. */
export function downstream(form, start) {
  const reached = new Set(start);
  for (const [name, step] of Object.entries(form.steps)) if ([step.from].flat().some((source) => reached.has(source))) reached.add(name);
  return Object.keys(form.steps).filter((name) => reached.has(name));
}

export function KnobsPanel({ job }) {
  const options = optionsOf(job).filter((option) => !NOT_HERE.includes(option.name) && option.kind !== "file");
  if (!options.length) return html`<p class="hint">${words.knobs.none}</p>`;
  const search = state.search.value.trim().toLowerCase();
  const rank = (option) => (FIRST.includes(option.name) ? FIRST.indexOf(option.name) : FIRST.length);
  const fit = (option) => !search || `${option.name} ${option.description}`.toLowerCase().includes(search.replaceAll(" ", "_")) || option.description.toLowerCase().includes(search);
  const isShown = (option) => search || state.allKnobs.value || FIRST.includes(option.name) || option.name in state.draft.value || options.length < 9;
  const rows = options.filter((option) => fit(option) && isShown(option)).sort((one, other) => rank(one) - rank(other));
  const values = job.order.options ?? {};
  const turn = (name) => (value) => {
    const { [name]: _, ...rest } = state.draft.value;
    const before = values[name] ?? null;
    state.draft.value = JSON.stringify(value) === JSON.stringify(before) ? rest : { ...rest, [name]: value };
  };
  return html`<div class="knobs">
    <input class="find" type="search" placeholder=${words.knobs.find} aria-label=${words.knobs.find} value=${state.search.value} onInput=${(event) => (state.search.value = event.target.value)} />
    ${rows.map((option) => html`<${Knob} key=${option.name} option=${option} value=${option.name in state.draft.value ? state.draft.value[option.name] : values[option.name] ?? null} turn=${turn(option.name)} />`)}
    ${!search && options.length > 8 && html`<button type="button" class="link" onClick=${() => (state.allKnobs.value = !state.allKnobs.value)}>${state.allKnobs.value ? words.knobs.fewer : words.knobs.more}</button>`}
    <${RunBar} job=${job} />
  </div>`;
}

function RunBar({ job }) {
  const names = Object.keys(state.draft.value);
  const usd = usePrice(job, state.draft.value);
  if (!names.length) return html`<p class="small run-bar">${words.knobs.lead}</p>`;
  const steps = stepsAgain(job, names);
  const run = () => attempt(async () => go(`/m/${(await orderAgain(job, state.draft.value, usd ? { pay_usd: usd } : {})).id}`));
  return html`<div class="run-bar changed">
    <${Button} kind="main" icon="play" disabled=${!FINAL.includes(job.state)} onClick=${run}>${usd ? words.pay.runFor(usd) : words.knobs.run}<//>
    <${Button} kind="quiet" onClick=${() => (state.draft.value = {})}>${words.knobs.resetAll}<//>
    ${steps.length > 0 && html`<span class="small" title=${steps.join(", ")}>${words.knobs.again(steps.length)}</span>`}
  </div>`;
}

/** What a job with these changes costs at most; asked only where a provider may be in it. */
function usePrice(job, changes) {
  const usd = useSignal(0);
  const { recipe, destination, options } = job.order;
  const next = Object.fromEntries(Object.entries({ ...options, ...changes }).filter(([, value]) => value !== null));
  const isPaid = state.catalog.value.generators.some((row) => row.price_usd > 0 && (row.name === next.generator || recipe.includes(row.name)));
  const asked = isPaid ? JSON.stringify({ recipe, destination, options: next }) : "";
  useEffect(() => {
    if (!asked) usd.value = 0;
    else priceOfOrder(JSON.parse(asked)).then((price) => (usd.value = price), () => {});
  }, [asked]);
  return usd.value;
}

/** One knob. `value` is null where nothing was said and the default counts. */
export function Knob({ option, value, turn }) {
  const [name, unit] = wordsAndUnit(option.name);
  const id = `knob-${option.name.replaceAll(".", "-")}`;
  const changed = value !== null && value !== undefined;
  return html`<div class=${`knob ${changed ? "changed" : ""}`}>
    <label for=${id}>${name}${unit && html` <span class="unit">${unit}</span>`}</label>
    <div class="knob-input"><${Field} id=${id} option=${option} value=${changed ? value : option.default} turn=${turn} />
      ${changed && html`<${Button} kind="icon" icon="reset" label=${words.knobs.reset(name)} onClick=${() => turn(null)} />`}</div>
    <p class="small" id=${`${id}-about`}>${option.only ? `${option.only}: ` : ""}${option.description}${rangeText(option.bounds)}</p>
  </div>`;
}

function Field({ id, option, value, turn }) {
  const draft = useSignal({}); // what is being typed, over which value: whatever else is drawn meanwhile must not take it away
  const shown = draft.value.over === value ? draft.value.text : undefined;
  const typed = { value: shown ?? value ?? "", onInput: (event) => (draft.value = { over: value, text: event.target.value }), placeholder: words.knobs.auto };
  const common = { id, "aria-describedby": `${id}-about` };
  if (option.kind === "yes or no") return html`<button type="button" role="switch" class="switch" aria-checked=${String(Boolean(value))} ...${common} onClick=${() => turn(!value)}><span></span>${value ? words.knobs.yes : words.knobs.no}</button>`;
  if (option.choices?.length)
    return html`<select ...${common} value=${value ?? ""} onChange=${(event) => turn(event.target.value === "" ? null : event.target.value)}>
      ${(value === null || value === undefined || value === "") && html`<option value="" selected>${words.knobs.auto}</option>`}
      ${option.choices.map((choice) => html`<option key=${choice} value=${choice} selected=${choice === value}>${choice}</option>`)}</select>`;
  if (option.kind === "number" || option.kind === "whole number") {
    const { ge, gt, le, lt } = option.bounds ?? {};
    const step = option.kind === "number" ? "any" : "1";
    const set = (event) => {
      if (!event.target.reportValidity()) return;
      draft.value = {};
      turn(event.target.value === "" ? null : Number(event.target.value));
    };
    return html`<input type="number" inputmode="decimal" ...${common} ...${typed} min=${ge ?? gt} max=${le ?? lt} step=${step} onChange=${set} />`;
  }
  const set = (event) => {
    draft.value = {};
    turn(event.target.value === "" ? null : event.target.value);
  };
  return html`<input type="text" ...${common} ...${typed} onChange=${set} />`;
}

function rangeText(bounds = {}) {
  const low = bounds.ge ?? bounds.gt;
  const high = bounds.le ?? bounds.lt;
  if (low === undefined && high === undefined) return "";
  if (high === undefined) return ` (${bounds.gt === undefined ? "from" : "above"} ${low})`;
  return low === undefined ? ` (up to ${high})` : ` (${low} to ${high})`;
}
