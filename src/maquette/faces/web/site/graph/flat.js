/** The graph's document as flat rows, so that two edits meet only where they touch the same thing. */

const NOTHING = { nothing: true }; // a setting that is said to be nothing; a bare null would take its row away

const sourcesOf = (step) => [step.from].flat();

/** A document as rows by path: `with/sized/height_mm` is one knob, `note/a/text` one note's words. */
export function flat({ form, places, notes, groups }) {
  const rows = { recipe: form.recipe, summary: form.summary, inputs: form.inputs, result: form.result };
  for (const [name, step] of Object.entries(form.steps)) {
    rows[`step/${name}`] = step.optional ? { stage: step.stage, optional: true } : { stage: step.stage };
    sourcesOf(step).forEach((source, index) => (rows[`from/${name}/${index}`] = source));
    for (const [setting, value] of Object.entries(step.with ?? {})) rows[`with/${name}/${setting}`] = value ?? NOTHING;
  }
  for (const [name, place] of Object.entries(places)) rows[`place/${name}`] = place;
  for (const [kind, things] of Object.entries({ note: notes, group: groups }))
    for (const [id, thing] of Object.entries(things)) for (const [field, value] of Object.entries(thing)) rows[`${kind}/${id}/${field}`] = value;
  return rows;
}

/** The document that some rows are; what belongs to a step, note or group that is gone is left out. */
export function whole(rows) {
  const { recipe, summary, inputs, result } = rows;
  const steps = {};
  const places = {};
  const marks = { note: {}, group: {} };
  const each = (kind, put) => Object.entries(rows).forEach(([path, value]) => path.startsWith(`${kind}/`) && put(value, ...path.split("/").slice(1)));
  each("step", (value, name) => (steps[name] = { stage: value.stage, from: [], with: {}, ...(value.optional ? { optional: true } : {}) }));
  each("from", (value, name, index) => steps[name] && (steps[name].from[Number(index)] = value));
  each("with", (value, name, setting) => steps[name] && (steps[name].with[setting] = value?.nothing ? null : value));
  each("place", (value, name) => (steps[name] || inputs.includes(name)) && (places[name] = value));
  for (const [kind, field] of [["note", "text"], ["group", "steps"]]) {
    each(kind, (value, id, of) => of === field && (marks[kind][id] = { [of]: value }));
    each(kind, (value, id, of) => marks[kind][id] && (marks[kind][id][of] = value));
  }
  for (const [id, note] of Object.entries(marks.note)) if (!note.at) delete marks.note[id]; // taken away by one while the other wrote
  for (const group of Object.values(marks.group)) group.title ??= "";
  for (const name of [...inputs, ...Object.keys(steps)]) places[name] ??= [0, 0];
  for (const step of Object.values(steps)) {
    step.from = Array.from(step.from, (source) => source ?? "");
    if (step.from.length === 1) [step.from] = step.from;
    if (!Object.keys(step.with).length) delete step.with;
  }
  return { form: { recipe, summary, inputs, steps, result }, places, notes: marks.note, groups: marks.group };
}

/** Rows that differ: path to [before, after]; null is a row that is not there. */
export function difference(before, after) {
  const rows = {};
  for (const path of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (JSON.stringify(before[path]) !== JSON.stringify(after[path])) rows[path] = [before[path] ?? null, after[path] ?? null];
  return rows;
}

/** Rows with some set anew; null takes one away. */
export function withRows(rows, set) {
  const next = { ...rows };
  for (const [path, value] of Object.entries(set)) {
    if (value === null) delete next[path];
    else next[path] = value;
  }
  return next;
}

/** From one state back to another, in a document that somebody else may have changed since: what they did stays. */
export function retrace(now, from, to) {
  if (JSON.stringify(now) === JSON.stringify(from)) return to;
  const here = flat(now);
  const mine = Object.entries(difference(flat(from), flat(to))).filter(([path, [before]]) => JSON.stringify(here[path] ?? null) === JSON.stringify(before));
  return whole(withRows(here, Object.fromEntries(mine.map(([path, [, after]]) => [path, after]))));
}
