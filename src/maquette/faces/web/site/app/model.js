/** The model screen: photo and versions on the left, the model in the middle, checks, knobs and files on the right. */
import { html, useEffect } from "../vendor/ui.js";
import { cancel, lookUp, retry } from "./api.js";
import { CommentsPanel } from "./comments.js";
import { ComparePanel } from "./compare.js";
import { FilesPanel } from "./files.js";
import { blocking, FINAL, modelAddress, verdictOf } from "./jobs.js";
import { KnobsPanel } from "./knobs.js";
import { MakeupPanel } from "./makeup.js";
import { attempt } from "./orders.js";
import { Button, Verdict } from "./parts.js";
import { PhotoPanel } from "./photo.js";
import { ReportPanel } from "./report.js";
import { changeJob, state } from "./store.js";
import { joinModel } from "./together.js";
import { VersionsPanel } from "./versions.js";
import { Viewport } from "./viewport.js";
import { words } from "./words.js";
import { viewer } from "../viewer/viewer.js";

const PANELS = { checks: ReportPanel, knobs: KnobsPanel, compare: ComparePanel };
const SETTLE_MS = 250; // kept steps end within a moment: only the last of them is worth loading

export function currentJob() {
  return state.jobs.value[state.place.value.job];
}

export function ModelScreen() {
  const job = currentJob();
  useEffect(() => {
    if (job?.tag) lookUp(`/api/jobs?tag=${encodeURIComponent(job.tag)}`).then((rows) => (state.versions.value = rows.jobs.toReversed()), () => {});
  }, [job?.id, job?.tag, job?.state]);
  useEffect(() => (job?.tag ? joinModel(job.tag) : undefined), [job?.tag]);
  const shape = job?.order && state.catalog.value ? modelAddress(job) : null;
  useEffect(() => {
    if (!shape) return undefined;
    const settled = setTimeout(() => viewer.show({ ...shape, job: job.id }), shape.rough ? SETTLE_MS : 0);
    return () => clearTimeout(settled);
  }, [shape?.address]);
  if (job?.lost) return html`<main class="lost"><h1>${words.model.lost}</h1><a class="button main" href="/">${words.model.back}</a></main>`;
  const ready = job?.order && state.catalog.value;
  return html`<main class="model-screen">
    <aside class="side left" aria-label=${words.model.photo}>${ready && html`<${PhotoPanel} job=${job} /><${VersionsPanel} job=${job} /><${MakeupPanel} job=${job} /><${CommentsPanel} job=${job} />`}</aside>
    <div class="middle"><${Viewport} job=${ready ? job : null} />${ready && html`<${Progress} job=${job} />`}</div>
    <aside class="side right" aria-label=${words.model.checks}>${ready && html`<${Right} job=${job} />`}</aside>
  </main>`;
}

function Right({ job }) {
  const tab = state.tab.value;
  const open = (name) => () => (state.tab.value = name);
  const worst = blocking(job).length ? "fail" : verdictOf(job.findings);
  return html`<div class="tab-row" role="tablist">
      <button type="button" role="tab" id="tab-checks" aria-selected=${String(tab === "checks")} aria-controls="panel" onClick=${open("checks")}>${words.model.checks} ${job.findings.length > 0 && html`<${Verdict} verdict=${worst} />`}</button>
      <button type="button" role="tab" id="tab-knobs" aria-selected=${String(tab === "knobs")} aria-controls="panel" onClick=${open("knobs")}>${words.model.knobs} ${Object.keys(state.draft.value).length > 0 && html`<span class="count">${Object.keys(state.draft.value).length}</span>`}</button>
      ${state.against.value.id && html`<button type="button" role="tab" id="tab-compare" aria-selected=${String(tab === "compare")} aria-controls="panel" onClick=${open("compare")}>${words.compare.tab}</button>`}
    </div>
    <div class="panel-body" id="panel" role="tabpanel" aria-labelledby=${`tab-${tab}`} tabindex="-1"><${PANELS[tab]} job=${job} /></div>
    <${FilesPanel} job=${job} />`;
}

/** What is being done, how far it is, and Stop; what went wrong, and Again. */
function Progress({ job }) {
  if (job.state === "success") return null;
  const share = Math.round((job.progress ?? 0) * 100);
  const step = (job.says || "").split(":")[0];
  const said = job.state === "queued" ? words.model.stages.queued : job.says ? words.model.stages[step] ?? job.says : words.model.stages.look;
  const isOver = FINAL.includes(job.state);
  const stop = () => attempt(async () => {
    changeJob(job.id, { stopping: true });
    await cancel(job.id);
  });
  const again = () => attempt(async () => {
    await retry(job.id);
    changeJob(job.id, { stopping: false });
  });
  return html`<div class=${`progress ${job.state}`} role="status">
    ${!isOver && html`<div class="line" role="progressbar" aria-valuenow=${share} aria-valuemin="0" aria-valuemax="100" aria-label=${said}><span style=${{ width: `${share}%` }}></span></div>`}
    <div class="progress-row">
      <span class="said">${job.state === "failed" ? job.error?.message ?? words.model.failed : job.state === "cancelled" ? words.model.cancelled : job.stopping ? words.model.stopping : said}</span>
      ${!isOver && html`<span class="share">${share} %</span><${Button} kind="quiet" icon="stop" disabled=${job.stopping} onClick=${stop}>${words.model.stop}<//>`}
      ${isOver && html`<${Button} icon="reset" onClick=${again}>${words.model.again}<//>`}
    </div>
  </div>`;
}
