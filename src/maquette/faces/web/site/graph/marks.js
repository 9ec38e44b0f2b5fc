/** What lies on the canvas beside the steps: notes, and frames around steps that belong together. */

const fresh = () => Math.random().toString(36).slice(2, 8);
const listed = (rows, letter) => Object.fromEntries((rows ?? []).map((row, index) => [`${letter}${index}`, row]));

/** Notes and groups of a recipe, by ids that are the same for everybody who reads it. */
export function marksFrom({ notes, groups }) {
  return { notes: listed(notes, "n"), groups: listed(groups, "g") };
}

/** The same as a recipe keeps them; `names` are the steps that are left. */
export function marksText({ places, notes, groups }, names) {
  const left = Object.values(groups).map(({ title, steps }) => ({ title, steps: steps.filter((name) => names.includes(name)) }));
  return {
    places: Object.fromEntries(Object.entries(places).filter(([name]) => names.includes(name))),
    notes: Object.values(notes).map(({ text, at }) => ({ text, at })),
    groups: left.filter(({ steps }) => steps.length),
  };
}

/** A new, empty note at a place. */
export function addNote(now, at) {
  const id = fresh();
  return { id, now: { ...now, notes: { ...now.notes, [id]: { text: "", at } } } };
}

export function writeNote(now, id, text) {
  return { ...now, notes: { ...now.notes, [id]: { ...now.notes[id], text } } };
}

export function removeNote(now, id) {
  const { [id]: _, ...notes } = now.notes;
  return { ...now, notes };
}

/** A frame around some steps; a step stands in one frame only. */
export function group(now, steps, title) {
  const others = Object.entries(now.groups).map(([id, one]) => [id, { ...one, steps: one.steps.filter((name) => !steps.includes(name)) }]);
  const left = Object.fromEntries(others.filter(([, one]) => /** @type {any} */ (one).steps.length));
  return { ...now, groups: { ...left, [fresh()]: { title, steps } } };
}

export function nameGroup(now, id, title) {
  return { ...now, groups: { ...now.groups, [id]: { ...now.groups[id], title } } };
}

export function ungroup(now, id) {
  const { [id]: _, ...groups } = now.groups;
  return { ...now, groups };
}
