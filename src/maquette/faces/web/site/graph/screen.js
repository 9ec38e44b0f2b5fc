/** The graph screen: the recipe that made it, step by step, to be turned, wired anew and run again. */
import { html, useEffect } from "../vendor/ui.js";
import { lookUp, readRecipe } from "../app/api.js";
import { FINAL } from "../app/jobs.js";
import { attempt, orderGraph } from "../app/orders.js";
import { Button } from "../app/parts.js";
import { go } from "../app/router.js";
import { change, say, state } from "../app/store.js";
import { words } from "../app/words.js";
import { Canvas } from "./canvas.js";
import { begin, commit, costOf, recipeOf, redo, removeStep, staleSteps, undo, usable, yamlOf } from "./doc.js";
import { Inspector } from "./inspector.js";
import { addNote, group } from "./marks.js";
import { joinGraph } from "./others.js";
import { Palette } from "./palette.js";
import { Publish } from "./publish.js";

const BELOW = 200;
const BESIDE = 200;
const CANVAS_KEYS = "svg, .graph, .graph-node, body";

export function GraphScreen() {
  const job = state.jobs.value[state.place.value.job];
  const doc = state.graph.value;
  const ready = job?.order && state.catalog.value;
  useEffect(() => {
    if (ready && (!doc || doc.job !== job.id)) attempt(async () => {
      const { form, kept, prices } = await lookUp(`/api/jobs/${job.id}/recipe`);
      if (state.graph.value?.job === job.id) return; // asked twice, answered twice: what was edited since stays
      state.graph.value = { ...begin(form, kept, prices), job: job.id };
    });
  }, [ready, job?.id, job?.state]);
  useEffect(() => (doc?.job ? joinGraph(doc.job) : undefined), [doc?.job]);
  useEffect(() => {
    const onKey = (event) => pressed(event);
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
  return html`<main class="graph-screen">
    ${doc && ready && html`<${Bar} job=${job} doc=${doc} /><div class="graph-body"><${Canvas} job=${job} doc=${doc} /><${Inspector} doc=${doc} /></div><${Palette} doc=${doc} /><${Publish} doc=${doc} />`}
  </main>`;
}

function pressed(event) {
  const doc = state.graph.value;
  if (!doc || event.target.closest("input, textarea, select, [role=dialog]")) return;
  const key = event.key.toLowerCase();
  if ((event.ctrlKey || event.metaKey) && key === "z") {
    event.preventDefault();
    state.graph.value = event.shiftKey ? redo(doc) : undo(doc);
  } else if ((event.ctrlKey || event.metaKey) && key === "y") state.graph.value = redo(doc);
  else if (key === "tab" && !event.shiftKey && event.target.matches(CANVAS_KEYS)) {
    event.preventDefault();
    change(state.graph, { palette: true });
  } else if ((key === "delete" || key === "backspace") && doc.picked) dropPicked(doc);
  else if (key === "n" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    writeHere(doc);
  } else if (key === "g" && !event.ctrlKey && !event.metaKey) groupChosen(doc);
}

/** A note below the steps and the notes before it, its field waiting to be typed into. */
function writeHere(doc) {
  const notes = Object.values(doc.now.notes);
  const below = Math.max(...Object.values(doc.now.places).map(([, y]) => y)) + BELOW;
  const right = Math.max(0, ...notes.filter(({ at }) => at[1] >= below).map(({ at }) => at[0] + BESIDE));
  const { id, now } = addNote(doc.now, [right, below]);
  state.graph.value = { ...commit(doc, now), born: id };
}

function groupChosen(doc) {
  const names = doc.chosen.filter((name) => doc.now.places[name]);
  if (names.length) state.graph.value = { ...commit(doc, group(doc.now, names, words.graph.group)), chosen: [] };
}

export function dropPicked(doc) {
  if (doc.picked in doc.now.form.steps) state.graph.value = { ...commit(doc, removeStep(doc.now, doc.picked)), picked: "", chosen: [] };
}

function Bar({ job, doc }) {
  const stale = staleSteps(doc);
  const open = Object.values(usable(doc.now.form).steps).some((step) => [step.from].flat().includes(""));
  const hosted = Object.values(doc.now.form.steps).some((step) => state.catalog.value.stages[step.stage]?.facts.network);
  const text = hosted && !open ? yamlOf(doc.now) : "";
  useEffect(() => {
    if (text) readRecipe(text).then(({ prices }) => change(state.graph, { prices }), () => {});
  }, [text]);
  const cost = hosted ? costOf(doc) : 0;
  const run = () => attempt(async () => go(`/m/${(await orderGraph(job, { ...recipeOf(doc.now), recipe: "graph" }, Object.values(doc.prices).reduce((sum, usd) => sum + usd, 0))).id}`));
  return html`<div class="graph-bar" role="toolbar" aria-label=${words.graph.title}>
    <${Button} kind="main" icon="play" disabled=${open || !FINAL.includes(job.state)} onClick=${run}>${cost ? words.graph.runFor(cost.toFixed(2)) : words.graph.run}<//>
    <span class="small stale-count" role="status">${words.graph.staleCount(stale.length)}</span>
    <span class="gap"></span>
    <${Button} kind="icon" icon="undo" label=${`${words.graph.undo} (Ctrl Z)`} disabled=${!doc.past.length} onClick=${() => (state.graph.value = undo(doc))} />
    <${Button} kind="icon" icon="redo" label=${`${words.graph.redo} (Ctrl Shift Z)`} disabled=${!doc.future.length} onClick=${() => (state.graph.value = redo(doc))} />
    <${Button} icon="plus" onClick=${() => change(state.graph, { palette: true })}>${words.graph.add}<//>
    <${Button} icon="note" onClick=${() => writeHere(doc)}>${words.graph.note}<//>
    <${Button} icon="box" disabled=${!doc.chosen.length} title=${words.graph.groupHint} onClick=${() => groupChosen(doc)}>${words.graph.group}<//>
    <${Button} icon="down" onClick=${() => save(doc)}>${words.graph.save}<//>
    <${Button} icon="open" disabled=${open} onClick=${() => change(state.graph, { publishing: true })}>${words.publish.title}<//>
    <${Templates} job=${job} doc=${doc} />
    <label class="button"><input type="file" class="unseen" accept=".yaml,.yml,.json" onChange=${(event) => openFile(event, doc)} />${words.graph.open}</label>
  </div>`;
}

/** The recipes that ship with the package, of those that begin with what this job began with; one takes the graph's place as one gesture. */
function Templates({ job, doc }) {
  const isModel = "asset" in job.order.inputs;
  const fit = Object.values(state.catalog.value.recipes).filter((recipe) => isModel === ("asset" in recipe.inputs) && Object.keys(recipe.inputs).length === 1);
  const take = (event) => {
    const recipe = state.catalog.value.recipes[event.target.value];
    event.target.value = "";
    if (recipe) state.graph.value = { ...commit(doc, begin(recipe.form).now), camera: null, picked: "" };
  };
  return html`<select class="templates" aria-label=${words.graph.templates} onChange=${take}><option value="">${words.graph.templates}</option>
    ${fit.map((recipe) => html`<option key=${recipe.name} value=${recipe.name} title=${recipe.summary}>${recipe.name}</option>`)}</select>`;
}

function save(doc) {
  const blob = new Blob([yamlOf(doc.now)], { type: "application/yaml" });
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `${doc.now.form.recipe}.yaml` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** A recipe from a file takes the graph's place, as one gesture; the server says what is wrong with it. */
function openFile(event, doc) {
  const [file] = event.target.files;
  event.target.value = "";
  return attempt(async () => {
    const { form } = await readRecipe(await file.text());
    state.graph.value = commit(doc, begin(form).now);
    say(file.name);
  });
}
