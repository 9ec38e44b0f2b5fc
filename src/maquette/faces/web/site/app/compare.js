/** Two versions beside each other: knobs that differ, numbers that differ, how far apart the surfaces are. */
import { batch, html, useEffect } from "../vendor/ui.js";
import { lookUp } from "./api.js";
import { mainFile, refresh } from "./jobs.js";
import { attempt } from "./orders.js";
import { Button, numberText, sizeText, Verdict } from "./parts.js";
import { go } from "./router.js";
import { change, say, state } from "./store.js";
import { words } from "./words.js";

const SAME_MM = 5e-4; // less than any file keeps

/** Begin to compare the model in view with another version. */
export function compareWith(id) {
  batch(() => {
    state.against.value = { id, apart: null };
    state.tab.value = "compare";
  });
  refresh(id).catch((problem) => say(problem.message, "error"));
}

export function stopComparing() {
  batch(() => {
    state.against.value = { id: "", apart: null };
    state.beside.value = "";
    if (state.finding.value.startsWith("distance/")) state.mode.value = "look";
    if (state.tab.value === "compare") state.tab.value = "checks";
  });
}

export function ComparePanel({ job }) {
  const { id, apart } = state.against.value;
  const other = state.jobs.value[id];
  const ready = other?.order && [job, other].every((each) => each.files?.some((file) => file.role === "value"));
  useEffect(() => {
    if (ready) lookUp(`/api/jobs/${job.id}/steps/result/distance/${id}`).then((rows) => change(state.against, { apart: rows }), (problem) => say(problem.message, "error"));
  }, [ready, job.id, id]);
  if (!other?.order) return html`<p class="hint">${words.compare.loading}</p>`;
  const names = [job.id, id].map((each) => words.versions.short(state.versions.value.findIndex((row) => row.id === each) + 1));
  const flip = () => attempt(() => {
    const tab = state.tab.value;
    go(`/m/${id}`);
    batch(() => {
      state.against.value = { id: job.id, apart: null };
      state.tab.value = tab;
    });
  });
  return html`<div class="compare">
    <div class="photo-head"><h3>${words.compare.title(...names)}</h3><span class="row"><${Button} kind="small" icon="two" pressed=${state.beside.value === id} onClick=${() => (state.beside.value = state.beside.value === id ? "" : id)}>${words.beside.open}<//><${Button} kind="small" icon="turn" onClick=${flip}>${words.compare.flip}<//><${Button} kind="icon" icon="close" label=${words.compare.close} onClick=${stopComparing} /></span></div>
    <${Apart} id=${id} apart=${apart} />
    <${Table} caption=${words.compare.knobs} heads=${names} rows=${knobRows(job, other)} none=${words.compare.sameKnobs} />
    <${Table} caption=${words.compare.numbers} heads=${names} rows=${numberRows(job, other)} none=${words.compare.sameNumbers} />
  </div>`;
}

/** How far apart the surfaces are, and the button that paints it. */
function Apart({ id, apart }) {
  if (!apart) return html`<p class="hint">${words.compare.measuring}</p>`;
  const name = `distance/${id}`;
  const isShown = state.finding.value === name && state.mode.value === "checks";
  const show = () =>
    batch(() => {
      state.finding.value = isShown ? "" : name;
      state.mode.value = isShown ? "look" : "checks";
    });
  return html`<div class="apart"><p data-distance=${apart.value}><strong>${apart.most < SAME_MM ? words.compare.same : words.compare.within(numberText(apart.value))}</strong> ${apart.most >= SAME_MM && html`<span class="small">${words.compare.spread(numberText(apart.mean), numberText(apart.most))}</span>`}</p>
    <${Button} kind="small" icon="eye" pressed=${isShown} onClick=${show}>${words.compare.paint}<//></div>`;
}

function Table({ caption, heads, rows, none }) {
  return html`<table><caption>${caption}</caption>
    ${rows.length > 0 && html`<thead><tr><td></td>${heads.map((head) => html`<th key=${head} scope="col">${head}</th>`)}</tr></thead>`}
    <tbody>${rows.map(({ name, cells }) => html`<tr key=${name}><th scope="row">${name}</th>${cells.map((cell, index) => html`<td key=${index}>${cell}</td>`)}</tr>`)}</tbody>
    ${rows.length === 0 && html`<tbody><tr><td class="small">${none}</td></tr></tbody>`}</table>`;
}

/** Options that one has and the other has not, or has otherwise. */
function knobRows(job, other) {
  const [mine, theirs] = [job, other].map((each) => each.order.options ?? {});
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].filter((name) => JSON.stringify(mine[name]) !== JSON.stringify(theirs[name]));
  const rows = names.map((name) => ({ name: name.replaceAll("_", " "), cells: [mine, theirs].map((options) => String(options[name] ?? words.knobs.auto)) }));
  if (job.order.recipe !== other.order.recipe) rows.push({ name: words.compare.steps, cells: [job, other].map(stepsText) });
  return rows;
}

function stepsText(job) {
  if (!job.order.recipe.includes("\n")) return job.order.recipe || words.compare.made;
  return Object.values(JSON.parse(job.order.recipe).steps).map((step) => step.stage).join(", ");
}

const plain = (finding) => finding && `${finding.verdict} ${numberText(finding.value)}`;

/** Checks whose number or verdict differs, and the file's size. */
function numberRows(job, other) {
  const byCheck = (one) => Object.fromEntries(one.findings.map((finding) => [finding.check, finding]));
  const [mine, theirs] = [byCheck(job), byCheck(other)];
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].filter((name) => plain(mine[name]) !== plain(theirs[name]));
  const cell = (finding) => (finding ? html`<${Verdict} verdict=${finding.verdict} /> ${numberText(finding.value)} ${finding.value === null ? "" : finding.unit}` : "–");
  const rows = names.map((name) => ({ name: name.replaceAll("-", " "), cells: [cell(mine[name]), cell(theirs[name])] }));
  const [file, otherFile] = [job, other].map(mainFile);
  if (file && otherFile && file.bytes !== otherFile.bytes) rows.push({ name: words.compare.file, cells: [file, otherFile].map((each) => sizeText(each.bytes)) });
  return rows;
}
