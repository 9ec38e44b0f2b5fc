/** Many photos, each a thing of its own: a card for each, what became of them, and how long the rest takes. */
import { html, useEffect, useSignal } from "../vendor/ui.js";
import { lookUp, retry } from "./api.js";
import { blocking, FINAL, verdictOf } from "./jobs.js";
import { attempt } from "./orders.js";
import { Button, Verdict } from "./parts.js";
import { batchJobs, changeJob, state } from "./store.js";
import { words } from "./words.js";

const MOST = 500;
const TICK_MS = 1000;

export function BatchScreen() {
  const { job: tag } = state.place.value;
  const filter = useSignal("all");
  const now = useSignal(Date.now() / 1000);
  useEffect(() => {
    lookUp(`/api/jobs?tag=${encodeURIComponent(`${tag}-*`)}&limit=${MOST}`).then((rows) => rows.jobs.forEach((row) => state.jobs.peek()[row.id] ?? changeJob(row.id, { nodes: {}, findings: [], n: 0, ...row })), () => {});
    const ticking = setInterval(() => (now.value = Date.now() / 1000), TICK_MS);
    return () => clearInterval(ticking);
  }, [tag]);
  if (!state.catalog.value) return html`<main class="batch"></main>`;
  const cards = batchJobs(tag).map((job) => ({ job, kind: kindOf(job) }));
  const count = (kind) => cards.filter((card) => card.kind === kind).length;
  const shown = cards.filter((card) => filter.value === "all" || card.kind === filter.value);
  return html`<main class="batch">
    <div class="batch-head"><h1>${words.batch.title(cards.length)}</h1><${Totals} cards=${cards} now=${now.value} /></div>
    <div class="segments" role="radiogroup" aria-label=${words.batch.filter}>${Object.keys(words.batch.kinds).map((kind) => html`<button type="button" key=${kind} role="radio" aria-checked=${String(filter.value === kind)} onClick=${() => (filter.value = kind)}>${words.batch.kinds[kind]} ${kind === "all" ? cards.length : count(kind)}</button>`)}</div>
    <ul class="cards">${shown.map(({ job, kind }) => html`<${Card} key=${job.id} job=${job} kind=${kind} />`)}</ul>
  </main>`;
}

/** What became of a job: running, failed (no result), or how its result was judged. */
function kindOf(job) {
  if (!FINAL.includes(job.state)) return "running";
  if (job.state !== "success" || blocking(job).length) return "failed";
  return verdictOf(job.findings) === "pass" ? "passed" : "warned";
}

/** Done of all, how many a minute, when the rest is done, and what was paid. */
function Totals({ cards, now }) {
  const done = cards.filter((card) => card.kind !== "running");
  const start = Math.min(...cards.map(({ job }) => job.created));
  const end = done.length === cards.length ? Math.max(...done.map(({ job }) => job.ended ?? job.created)) : now;
  const rate = done.length / Math.max(1, end - start);
  const left = rate && done.length < cards.length ? (cards.length - done.length) / rate : 0;
  const usd = cards.reduce((sum, { job }) => sum + (job.order.pay_usd ?? 0), 0);
  const share = cards.length ? (100 * done.length) / cards.length : 0;
  return html`<p role="status">${words.batch.done(done.length, cards.length)}${done.length > 0 && words.batch.rate((rate * 60).toFixed(1))}${left > 0 && words.batch.left(Math.ceil(left))}${usd > 0 && words.pay.total(usd)}</p>
    <div class="progress-line" role="progressbar" aria-valuenow=${Math.round(share)} aria-valuemin="0" aria-valuemax="100" aria-label=${words.batch.filter}><span style=${{ width: `${share}%` }}></span></div>`;
}

function Card({ job, kind }) {
  const front = job.order.inputs.front;
  const verdict = { passed: "pass", warned: "warn", failed: "fail", running: "unknown" }[kind];
  const said = kind === "running" ? (job.state === "queued" ? words.jobs.states.queued : `${Math.round((job.progress ?? 0) * 100)} %`) : words.batch.kinds[kind];
  return html`<li class=${`card ${kind}`} data-kind=${kind}><a href=${`/m/${job.id}`} title=${words.batch.open(job.order.output)}>
      <span class="pair">${front && html`<img loading="lazy" src=${`/api/files/${front.digest}/${encodeURIComponent(front.name)}`} alt="" />`}
        ${job.state === "success" ? html`<img loading="lazy" src=${`/api/jobs/${job.id}/steps/result/thumb`} alt="" />` : html`<span class="no-picture"></span>`}</span>
      <span class="recent-name">${job.order.output}</span><${Verdict} verdict=${verdict} said=${said} />
    </a>
    ${job.error && html`<p class="small reason">${job.error.message}</p>`}
    ${["failed", "cancelled"].includes(job.state) && html`<${Button} kind="small" icon="reset" onClick=${() => attempt(() => retry(job.id))}>${words.jobs.retry}<//>`}</li>`;
}
