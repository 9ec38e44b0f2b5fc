/** The checks line by line: number, limit, verdict; a click flies there, Mend runs the stage that helps. */
import { batch, html } from "../vendor/ui.js";
import { AdvicePanel } from "./counsel.js";
import { FINAL, isFix } from "./jobs.js";
import { attempt, orderFix, profileOf } from "./orders.js";
import { Button, numberText, Verdict, wordsAndUnit } from "./parts.js";
import { go } from "./router.js";
import { state } from "./store.js";
import { words } from "./words.js";

const RANK = { fail: 0, warn: 1, unknown: 2, pass: 3 };

export function ReportPanel({ job }) {
  const findings = [...job.findings].sort((one, other) => RANK[one.verdict] - RANK[other.verdict]);
  const isOver = FINAL.includes(job.state);
  if (!findings.length) return html`<p class="hint">${isOver && job.state !== "success" ? words.model[job.state] : words.report.waiting}</p>`;
  const worse = findings.filter((finding) => RANK[finding.verdict] < RANK.unknown);
  const calm = findings.filter((finding) => RANK[finding.verdict] >= RANK.unknown);
  const all = state.allChecks.value || !isOver;
  return html`<div class="report">
    <${Summary} job=${job} findings=${findings} isOver=${isOver} />
    ${isOver && html`<${AdvicePanel} job=${job} />`}
    <ul>${(all ? findings : worse).map((finding) => html`<${Row} key=${finding.id} job=${job} finding=${finding} />`)}</ul>
    ${isOver && calm.length > 0 && html`<button type="button" class="link" aria-expanded=${String(all)} onClick=${() => (state.allChecks.value = !all)}>${all ? words.report.hide : words.report.passed(calm.length)}</button>`}
  </div>`;
}

function Summary({ job, findings, isOver }) {
  const count = (verdict) => findings.filter((finding) => finding.verdict === verdict).length;
  const worst = ["fail", "warn", "pass"].find(count) ?? "unknown";
  const done = Object.keys(job.nodes).filter((node) => node.startsWith("check ")).length;
  return html`<div class=${`summary ${isOver ? worst : ""}`}>
    <strong>${isOver ? words.report.verdict[worst] : words.report.running(done, Math.max(done, expected(job)))}</strong>
    <span class="small">${words.report.title(profileOf(job))}</span>
    <span class="counts">${["fail", "warn", "pass", "unknown"].filter(count).map((verdict) => html`<${Verdict} key=${verdict} verdict=${verdict} said=${`${count(verdict)} ${words.report.counts[verdict]}`} />`)}</span>
  </div>`;
}

/** How many checks this destination has. */
function expected(job) {
  const fit = (stage) => /^Finding/.test(stage.output) && Object.values(stage.inputs).join() === "Asset" && stage.facts.destinations.includes(job.order.destination);
  return Object.values(state.catalog.value.stages).filter(fit).length;
}

function Row({ job, finding }) {
  const isShown = state.finding.value === finding.id && state.mode.value === "checks";
  const show = () =>
    batch(() => {
      state.finding.value = isShown ? "" : finding.id;
      state.mode.value = isShown ? "look" : "checks";
    });
  const mend = () => attempt(async () => go(`/m/${(await orderFix(job, finding.fix)).id}`));
  const needsHelp = finding.fix && ["warn", "fail"].includes(finding.verdict) && FINAL.includes(job.state);
  const knob = knobFor(job, finding.fix);
  const turn = () =>
    batch(() => {
      state.tab.value = "knobs";
      state.search.value = knob;
    });
  const name = finding.check.replaceAll("-", " ");
  return html`<li class=${`${finding.verdict} ${isShown ? "shown" : ""}`} data-check=${finding.check}>
    <button type="button" class="row-main" disabled=${!finding.face_count} aria-pressed=${String(isShown)} title=${finding.face_count ? words.report.show(name) : undefined} onClick=${show}>
      <${Verdict} verdict=${finding.verdict} /><span class="check">${name}</span>
      <span class="number" data-value=${finding.value}>${numberText(finding.value)}${finding.unit && finding.value !== null ? ` ${finding.unit}` : ""}</span>
      ${(finding.verdict !== "pass" || isShown) && html`<span class="message">${finding.message}</span>`}
      ${finding.limit && finding.verdict !== "pass" && html`<span class="limit">${words.report.limit}: ${finding.limit}</span>`}
    </button>
    ${needsHelp && !isFix(finding.fix) && knob && html`<${Button} kind="small" onClick=${turn}>${words.report.turn(wordsAndUnit(knob)[0])}<//>`}
    ${needsHelp && isFix(finding.fix) && html`<${Button} kind="small" icon="mend" title=${words.report.mendWith(finding.fix)} onClick=${mend}>${words.report.mend}<//>`}
  </li>`;
}

/** The knob that turns a stage which has to be told something first, as a size. */
function knobFor(job, fix) {
  const { destinations, recipes } = state.catalog.value;
  const recipe = recipes[job.order.kind === "make" ? destinations[job.order.destination].recipes.full : job.order.recipe];
  const steps = recipe && Object.keys(recipe.steps).filter((step) => recipe.steps[step] === fix);
  return recipe && Object.keys(recipe.turns).find((knob) => recipe.turns[knob].some((step) => steps.includes(step)));
}
