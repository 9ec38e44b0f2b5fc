/** The advice beside the checks, each with the button that follows it. */
import { batch, html } from "../vendor/ui.js";
import { adviceFor } from "./advice.js";
import { isFix } from "./jobs.js";
import { optionsOf } from "./knobs.js";
import { attempt, orderFix } from "./orders.js";
import { Button } from "./parts.js";
import { go } from "./router.js";
import { change, state } from "./store.js";
import { words } from "./words.js";

const SHOWN = 2;
const RANK = { fail: 0, warn: 1, unknown: 2, pass: 3 };

export function AdvicePanel({ job }) {
  const size = state.shown.value.size;
  if (!job.findings.length || !size[2] || state.shown.value.rough) return null;
  const rows = adviceFor({ job, findings: worstOf(job), size, seen: state.makeup.value.job === job.id ? state.makeup.value.seen : null, knobs: optionsOf(job).map((option) => option.name), fixes: Object.keys(state.catalog.value.stages).filter(isFix) });
  const all = state.allAdvice.value;
  return html`<section class="advice" aria-labelledby="advice"><h3 id="advice">${words.advice.title}</h3>
    <div class="sayings" role="list">${rows.slice(0, all ? rows.length : SHOWN).map((row) => html`<div key=${row.id} role="listitem" data-advice=${row.id}><p>${row.text}</p>
      ${row.action && html`<${Button} kind="small" onClick=${() => follow(job, row.action)}>${row.action.label}<//>`}</div>`)}</div>
    ${rows.length > SHOWN && html`<button type="button" class="link small" aria-expanded=${String(all)} onClick=${() => (state.allAdvice.value = !all)}>${all ? words.advice.fewer : words.advice.more(rows.length - SHOWN)}</button>`}
  </section>`;
}

/** Of each check its worst finding. */
function worstOf(job) {
  const worst = {};
  for (const finding of job.findings) if (!worst[finding.check] || RANK[finding.verdict] < RANK[worst[finding.check].verdict]) worst[finding.check] = finding;
  return worst;
}

function follow(job, action) {
  if (action.kind === "mend") return attempt(async () => go(`/m/${(await orderFix(job, action.finding.fix)).id}`));
  if (action.kind === "ruler") return (state.ruler.value = { on: true, points: [], mm: "" });
  if (action.kind === "cut") return change(state.mask, { open: true });
  return batch(() => {
    state.tab.value = "knobs";
    state.search.value = "";
    change(state.draft, { [action.knob]: action.value });
  });
}
