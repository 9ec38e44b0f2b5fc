/** The graph's document: a recipe and where its steps stand. Edits give a new document; each is one gesture to undo. */
import { downstream } from "../app/knobs.js";
import { retrace } from "./flat.js";
import { marksFrom, marksText } from "./marks.js";

const COLUMN = 232;
const ROW = 196;
const MOST_UNDONE = 200;

/** A document over a recipe; `kept` says which steps' results are there, `prices` what steps cost in dollars. @param {any} recipe */
export function begin({ canvas = {}, ...form }, kept = {}, prices = {}) {
  const places = { ...layOut(form), ...canvas.places };
  return { now: { form, places, ...marksFrom(canvas) }, before: form, kept, prices, past: [], future: [], picked: "", chosen: [], wire: null };
}

/** One gesture: a new state on top of the past. The same state again is no gesture. */
export function commit(doc, now) {
  if (JSON.stringify(now) === JSON.stringify(doc.now)) return doc;
  return { ...doc, now, past: [...doc.past.slice(-MOST_UNDONE), { was: doc.now, is: now }], future: [] };
}

export function undo(doc) {
  const last = doc.past.at(-1);
  return last ? { ...doc, now: retrace(doc.now, last.is, last.was), past: doc.past.slice(0, -1), future: [last, ...doc.future] } : doc;
}

export function redo(doc) {
  const [next, ...future] = doc.future;
  return next ? { ...doc, now: retrace(doc.now, next.was, next.is), past: [...doc.past, next], future } : doc;
}

const sourcesOf = (step) => [step.from].flat();
const withStep = (now, name, step) => ({ ...now, form: { ...now.form, steps: { ...now.form.steps, [name]: step } } });

export function setKnob(now, name, setting, value) {
  const step = now.form.steps[name];
  const { [setting]: _, ...rest } = step.with ?? {};
  return withStep(now, name, { ...step, with: value === null ? rest : { ...rest, [setting]: value } });
}

export function move(now, name, place) {
  return { ...now, places: { ...now.places, [name]: place } };
}

/** Steps and notes moved together by so much. @param {number[]} way */
export function moveAll(now, things, way) {
  const { steps = [], notes = [] } = things;
  const [dx, dy] = way;
  const shifted = (/** @type {number[]} */ [x, y]) => [Math.round(x + dx), Math.round(y + dy)];
  const places = Object.fromEntries(steps.filter((name) => now.places[name]).map((name) => [name, shifted(now.places[name])]));
  const moved = Object.fromEntries(notes.filter((id) => now.notes[id]).map((id) => [id, { ...now.notes[id], at: shifted(now.notes[id].at) }]));
  return { ...now, places: { ...now.places, ...places }, notes: { ...now.notes, ...moved } };
}

export function makeResult(now, name) {
  return { ...now, form: { ...now.form, result: name } };
}

/** A new step of a stage, its inputs open, beside what was picked. */
export function addStep(now, stage, near) {
  const stem = stage.name.replaceAll("-", "_");
  let name = stem;
  for (let number = 2; name in now.form.steps || now.form.inputs.includes(name); number += 1) name = `${stem}_${number}`;
  const [x, y] = now.places[near] ?? [0, 0];
  const from = Object.keys(stage.inputs).map(() => "");
  return { name, now: move(withStep(now, name, { stage: stage.name, from, with: {} }), name, [x + COLUMN, y + ROW]) };
}

/** Remove a step; what took from it takes from its own source where that is the only one. */
export function removeStep(now, name) {
  const { [name]: gone, ...steps } = now.form.steps;
  const [only, ...others] = sourcesOf(gone);
  const instead = others.length ? "" : only;
  const mended = Object.fromEntries(Object.entries(steps).map(([other, step]) => [other, { ...step, from: sourcesOf(step).map((source) => (source === name ? instead : source)) }]));
  const result = now.form.result === name ? instead : now.form.result;
  const { [name]: _, ...places } = now.places;
  return { ...now, places, form: { ...now.form, steps: mended, result } };
}

/** Lead a step's value into an input of another. */
export function connect(now, source, name, index) {
  const step = now.form.steps[name];
  const from = sourcesOf(step).map((each, place) => (place === index ? source : each));
  return withStep(now, name, { ...step, from });
}

/** The types that an input takes, which says them as "Subject or Views". */
export const kindsOf = (type) => type.split(/ or | \| /);

/** Types that a step gives and takes. */
export function giveOf(form, stages, name) {
  if (name in form.steps) return stages[form.steps[name].stage]?.output ?? "";
  for (const step of Object.values(form.steps)) {
    const index = sourcesOf(step).indexOf(name);
    if (index >= 0) return Object.values(stages[step.stage]?.inputs ?? {})[index] ?? "";
  }
  return "";
}

/** Why a wire does not fit: {gives, needs}, "circle", or nothing. */
export function refusal(form, stages, source, name, index) {
  const gives = giveOf(form, stages, source);
  const needs = Object.values(stages[form.steps[name].stage].inputs)[index];
  if (downstream({ steps: inOrder(form.steps) }, [name]).includes(source)) return "circle";
  return kindsOf(needs).includes(gives) || gives === needs ? null : { gives, needs };
}

/** Steps so that sources come first; what runs in a circle comes last. */
export function inOrder(steps) {
  const sorted = {};
  let rest = Object.keys(steps);
  while (rest.length) {
    const ready = rest.filter((name) => sourcesOf(steps[name]).every((source) => !(source in steps) || source in sorted));
    for (const name of ready.length ? ready : rest) sorted[name] = steps[name];
    rest = rest.filter((name) => !(name in sorted));
  }
  return sorted;
}

/** Steps that have to run: those that differ from what was run, and all after them. */
export function staleSteps({ now, before, kept }) {
  const same = (name) => {
    const [one, other] = [now.form.steps[name], before.steps[name]];
    const plain = (step) => JSON.stringify([step.stage, sourcesOf(step), Object.entries(step.with ?? {}).sort()]);
    return other && plain(one) === plain(other) && kept[name] !== false;
  };
  const steps = inOrder(now.form.steps);
  return downstream({ steps }, Object.keys(steps).filter((name) => !same(name)));
}

/** What the steps that run again cost; kept ones are paid. */
export function costOf(doc) {
  const stale = staleSteps(doc);
  return Object.entries(doc.prices).reduce((sum, [name, usd]) => sum + (stale.includes(name) ? usd : 0), 0);
}

/** Steps that the result does not need cannot stay in a recipe. */
export function usable(form) {
  const needed = new Set([form.result]);
  for (const name of Object.keys(inOrder(form.steps)).reverse()) if (needed.has(name)) sourcesOf(form.steps[name]).forEach((source) => needed.add(source));
  const steps = Object.fromEntries(Object.entries(inOrder(form.steps)).filter(([name]) => needed.has(name)));
  return { ...form, inputs: form.inputs.filter((name) => needed.has(name)), steps };
}

/** The recipe as it is run and saved, with its notes, groups and places. */
export function recipeOf(now) {
  const form = usable(now.form);
  const names = [...form.inputs, ...Object.keys(form.steps)];
  return { ...form, canvas: marksText(now, names) };
}

/** The recipe as the YAML that the command line reads: a step a line. */
export function yamlOf(now) {
  const flow = (value) => JSON.stringify(value);
  const line = ([name, step]) => {
    const sources = sourcesOf(step);
    const from = sources.length === 1 ? sources[0] : `[${sources.join(", ")}]`;
    const settings = Object.entries(step.with ?? {}).map(([key, value]) => `${key}: ${flow(value)}`);
    return `  ${name}: {stage: ${step.stage}, from: ${from}${settings.length ? `, with: {${settings.join(", ")}}` : ""}${step.optional ? ", optional: true" : ""}}`;
  };
  const { recipe, summary, inputs, steps, result, canvas } = recipeOf(now);
  return [`recipe: ${recipe}`, `summary: ${flow(summary)}`, `inputs: [${inputs.join(", ")}]`, "steps:", ...Object.entries(steps).map(line), `result: ${result}`, `canvas: ${flow(canvas)}`, ""].join("\n");
}

/** Places by depth, so that wires run from left to right; long rows are broken where the window ends. */
export function layOut(form) {
  const depth = Object.fromEntries(form.inputs.map((name) => [name, 0]));
  for (const [name, step] of Object.entries(inOrder(form.steps))) depth[name] = 1 + Math.max(0, ...sourcesOf(step).map((source) => depth[source] ?? 0));
  const longest = 1 + Math.max(...Object.values(depth));
  const most = Math.min(9, Math.max(2, Math.floor(innerWidth / 210)));
  const wide = Math.ceil(longest / Math.ceil(longest / most));
  const taken = {};
  const places = {};
  for (const [name, column] of Object.entries(depth)) {
    const lane = (taken[column] = (taken[column] ?? -1) + 1);
    places[name] = [(column % wide) * COLUMN, (Math.floor(column / wide) * 1 + lane) * ROW];
  }
  return places;
}
