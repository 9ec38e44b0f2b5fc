/** The bake-off: the same photos by several generators and routes, each result graded on its own route's rubric. */
import { html, useEffect, useSignal } from "../vendor/ui.js";
import { lookUp } from "./api.js";
import { Beside } from "./beside.js";
import { FINAL } from "./jobs.js";
import { MOST_CELLS } from "./orders.js";
import { Button, numberText, Verdict } from "./parts.js";
import { batchJobs, changeJob, state } from "./store.js";
import { words } from "./words.js";

const SORTS = {
  order: () => 0,
  rubric: (cells) => -share(cells),
  likeness: (cells) => -middle(cells.map((cell) => cell.likeness)),
  seconds: (cells) => middle(cells.map((cell) => cell.making_s)),
  price: (cells) => sum(cells.map((cell) => cell.price_usd)),
};

const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const share = (cells) => sum(cells.map((cell) => cell.rubric_passed)) / Math.max(1, sum(cells.map((cell) => cell.rubric_asked)));
const columnOf = (cell) => `${cell.route} · ${cell.generator}`;
const byPhoto = (cell) => /-(\d+)-\d+$/.exec(state.jobs.value[cell.job]?.tag ?? "")?.[1] ?? cell.photo;

function middle(numbers) {
  const sorted = numbers.filter((one) => one !== null && one !== undefined).sort((one, other) => one - other);
  return sorted.length ? sorted[Math.floor((sorted.length - 1) / 2)] : Infinity;
}

export function BakeScreen() {
  const { job: tag } = state.place.value;
  const cells = useSignal([]);
  const sort = useSignal("order");
  const hidden = useSignal([]);
  const row = useSignal("");
  useEffect(() => {
    lookUp(`/api/jobs?tag=${encodeURIComponent(`${tag}-*`)}&limit=${MOST_CELLS}`).then((rows) => rows.jobs.forEach((each) => state.jobs.peek()[each.id] ?? changeJob(each.id, { nodes: {}, findings: [], n: 0, ...each })), () => {});
  }, [tag]);
  const jobs = batchJobs(tag);
  const ended = jobs.filter((job) => FINAL.includes(job.state)).length;
  useEffect(() => {
    lookUp(`/api/bakes/${tag}`).then((answer) => (cells.value = answer.cells), () => {});
  }, [tag, ended, jobs.length]);
  if (!state.catalog.value || !cells.value.length) return html`<main class="bake"></main>`;
  const columns = [...new Set(cells.value.map(columnOf))].filter((name) => !hidden.value.includes(name));
  const of = (column) => cells.value.filter((cell) => columnOf(cell) === column);
  const sorted = columns.map((name, index) => ({ name, index, worth: SORTS[sort.value](of(name)) })).sort((one, other) => one.worth - other.worth || one.index - other.index).map(({ name }) => name);
  const photos = [...new Set(cells.value.map(byPhoto))];
  const inRow = (photo) => sorted.map((column) => of(column).find((cell) => byPhoto(cell) === photo)).filter(Boolean);
  return html`<main class="bake">
    <div class="batch-head"><h1>${words.bake.title(photos.length, columns.length)}</h1><p role="status">${words.batch.done(ended, jobs.length)}</p></div>
    <div class="row">
      <label class="sort">${words.bake.sort} <select value=${sort.value} onChange=${(event) => (sort.value = event.target.value)}>${Object.keys(SORTS).map((name) => html`<option key=${name} value=${name} selected=${sort.value === name}>${words.bake.sorts[name]}</option>`)}</select></label>
      <a class="button" href=${`/api/bakes/${tag}/csv`} download>${words.bake.csv}</a>
      ${hidden.value.length > 0 && html`<${Button} kind="quiet" onClick=${() => (hidden.value = [])}>${words.bake.all(hidden.value.length)}<//>`}
    </div>
    ${row.value && html`<${Turning} cells=${inRow(row.value)} onClose=${() => (row.value = "")} />`}
    <div class="bake-table" tabindex="0" role="region" aria-label=${words.bake.table}><table>
      <thead><tr><th scope="col">${words.bake.photo}</th>${sorted.map((name) => html`<th key=${name} scope="col"><span class="bake-head">${name}<${Button} kind="icon" icon="close" label=${words.bake.hide(name)} onClick=${() => (hidden.value = [...hidden.value, name])} /></span></th>`)}</tr></thead>
      <tbody>${photos.map((photo) => html`<${Row} key=${photo} cells=${inRow(photo)} isOpen=${row.value === photo} onTurn=${() => (row.value = row.value === photo ? "" : photo)} />`)}</tbody>
      <tfoot><tr><th scope="row">${words.bake.together}</th>${sorted.map((name) => html`<${Sum} key=${name} cells=${of(name)} />`)}</tr></tfoot>
    </table></div>
  </main>`;
}

/** The results of one photo, turning together. */
function Turning({ cells, onClose }) {
  const models = cells.filter((cell) => cell.state === "success").map((cell) => ({ address: `/api/jobs/${cell.job}/steps/result/view`, caption: columnOf(cell) }));
  return html`<div class="turning"><${Beside} models=${models} alike onClose=${onClose} /></div>`;
}

function Row({ cells, isOpen, onTurn }) {
  const front = state.jobs.value[cells[0].job]?.order.inputs.front;
  return html`<tr><th scope="row" class="bake-photo">${front && html`<img src=${`/api/files/${front.digest}/${encodeURIComponent(front.name)}`} alt="" />`}<span>${cells[0].photo}</span>
      <${Button} kind="small" icon="turn" pressed=${isOpen} disabled=${!cells.some((cell) => cell.state === "success")} onClick=${onTurn}>${words.bake.turn}<//></th>
    ${cells.map((cell) => html`<${Cell} key=${cell.job} cell=${cell} />`)}</tr>`;
}

function Cell({ cell }) {
  const job = state.jobs.value[cell.job];
  if (!FINAL.includes(cell.state)) return html`<td data-state="running"><a href=${`/m/${cell.job}`}>${words.jobs.states[job?.state ?? cell.state]} ${Math.round((job?.progress ?? 0) * 100)} %</a></td>`;
  if (cell.state !== "success") return html`<td data-state=${cell.state} class="failed"><a href=${`/m/${cell.job}`}><${Verdict} verdict="fail" said=${words.jobs.states[cell.state]} /></a><p class="small">${cell.error}</p></td>`;
  return html`<td data-state="success"><a href=${`/m/${cell.job}`} title=${words.batch.open(cell.photo)}><img loading="lazy" src=${`/api/jobs/${cell.job}/steps/result/thumb`} alt="" />
      <${Verdict} verdict=${cell.verdict || "unknown"} said=${words.bake.rubric(cell.rubric_passed, cell.rubric_asked)} /></a>
    <dl><dt>${words.bake.seconds}</dt><dd>${numberText(cell.making_s)} s</dd>
      ${cell.likeness !== null && html`<dt>${words.bake.likeness}</dt><dd>${Math.round(cell.likeness * 100)} %</dd>`}
      <dt>${words.bake.cleanup}</dt><dd>${numberText(cell.cleanup_s)} s · ${words.bake.steps(cell.interventions)}</dd>
      <dt>${words.bake.raw}</dt><dd>${cell.raw_closed ? words.bake.closed : words.bake.open}</dd>
      ${cell.price_usd > 0 && html`<dt>${words.graph.price}</dt><dd>$${cell.price_usd.toFixed(2)}</dd>`}</dl>
    ${cell.failures && html`<p class="small held-back">${cell.failures.replaceAll("-", " ")}</p>`}</td>`;
}

/** A column in one cell: how many worked, the rubric over all, the middle of the times, what it cost. */
function Sum({ cells }) {
  const good = cells.filter((cell) => cell.state === "success");
  const price = sum(cells.map((cell) => cell.price_usd));
  return html`<td><strong>${words.bake.made(good.length, cells.length)}</strong>
    <p class="small">${words.bake.rubric(sum(good.map((cell) => cell.rubric_passed)), sum(good.map((cell) => cell.rubric_asked)))}${good.length > 0 && ` · ${numberText(middle(good.map((cell) => cell.making_s)))} s`}${price > 0 && ` · $${price.toFixed(2)}`}</p></td>`;
}
