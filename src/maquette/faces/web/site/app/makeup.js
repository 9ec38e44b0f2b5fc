/** The parts of a model and its colours: each can be pointed at, and a print can be painted with other filaments. */
import { batch, html, useEffect } from "../vendor/ui.js";
import { lookUp } from "./api.js";
import { FINAL } from "./jobs.js";
import { optionsOf } from "./knobs.js";
import { attempt, orderAgain, orderFix } from "./orders.js";
import { Button, numberText } from "./parts.js";
import { go } from "./router.js";
import { change, state } from "./store.js";
import { words } from "./words.js";

const USUAL_COUNT = 4;
const MOST_COUNT = 16;

export function MakeupPanel({ job }) {
  const hasModel = job.files.some((file) => file.role === "value");
  const { job: known, parts, colors } = state.makeup.value;
  useEffect(() => {
    if (!hasModel) return;
    lookUp(`/api/jobs/${job.id}/steps/result/makeup`).then((rows) => (state.makeup.value = { job: job.id, ...rows, other: {}, count: USUAL_COUNT }), () => {});
  }, [job.id, hasModel]);
  if (known !== job.id || (!parts.length && !colors.length)) return null;
  return html`<section class="makeup" aria-labelledby="makeup"><h2 id="makeup">${parts.length > 1 ? words.makeup.both : words.makeup.colors}</h2>
    ${parts.length > 1 && html`<ul>${parts.map((part) => html`<${Row} key=${part.n} id=${`part/${part.n}`} name=${part.name} fact=${words.makeup.size(part.size_mm.map(numberText))} />`)}</ul>`}
    <ul>${colors.map((color) => html`<${Row} key=${color.n} id=${`color/${color.n}`} name=${color.name.startsWith("#") ? color.word : color.name} swatch=${color} fact=${shareText(color.share)} />`)}</ul>
    ${job.order.destination === "print" && FINAL.includes(job.state) && html`<${Filaments} job=${job} colors=${colors} />`}
  </section>`;
}

const shareText = (share) => (share < 0.01 ? "< 1 %" : `${Math.round(share * 100)} %`);

/** One part or colour; a click paints it on the model and flies there. */
function Row({ id, name, fact, swatch }) {
  const isShown = state.finding.value === id && state.mode.value === "checks";
  const show = () =>
    batch(() => {
      state.finding.value = isShown ? "" : id;
      state.mode.value = isShown ? "look" : "checks";
    });
  return html`<li class=${isShown ? "shown" : ""}>
    ${swatch && html`<${Swatch} color=${swatch} />`}
    <button type="button" aria-pressed=${String(isShown)} title=${words.report.show(name)} onClick=${show}><span class="makeup-name">${name}</span><span class="small">${fact}</span></button></li>`;
}

/** A colour's field: where the print may be painted anew, another can be chosen. */
function Swatch({ color }) {
  const { other, colors } = state.makeup.value;
  const mayChange = colors.length > 1 && color.hex;
  if (!mayChange) return html`<span class=${`color-dot ${color.hex ? "" : "many"}`} style=${color.hex ? { background: color.hex } : undefined}></span>`;
  const turn = (event) => change(state.makeup, { other: { ...other, [color.n]: event.target.value.toUpperCase() } });
  return html`<input type="color" class="color-dot" value=${(other[color.n] ?? color.hex).toLowerCase()} aria-label=${words.makeup.choose(color.name)} title=${color.word} onInput=${turn} />`;
}

/** Paint with so many filaments, with the colours that were chosen, or with those that lie on the shelf. */
function Filaments({ job, colors }) {
  const { other, count } = state.makeup.value;
  const isPainted = colors.length > 1 && colors.every((color) => color.hex);
  const chosen = colors.map((color) => `${color.name.replace(/[=,:]/g, " ").trim() || "color"}=${other[color.n] ?? color.hex}`).join(", ");
  const paint = (filaments, many) => attempt(async () => go(`/m/${(await orderPaint(job, filaments, many)).id}`));
  const repaint = () => attempt(async () => go(`/m/${(await orderFix(job, "repaint", { filaments: chosen })).id}`));
  return html`<div class="row filaments">
    ${isPainted && html`<${Button} kind="small main" disabled=${!Object.keys(other).length} onClick=${repaint}>${words.makeup.repaint}<//>`}
    <label class="small">${words.makeup.into} <input type="number" min="2" max=${MOST_COUNT} value=${count} onChange=${(event) => event.target.reportValidity() && change(state.makeup, { count: Number(event.target.value) })} /></label>
    <${Button} kind="small" onClick=${() => paint("", count)}>${words.makeup.paint}<//>
    ${state.filaments.value && html`<${Button} kind="small" title=${state.filaments.value} onClick=${() => paint(state.filaments.value, count)}>${words.makeup.mine}<//>`}
  </div>`;
}

/** Painted with the nearest of some filaments: by the job's own knobs where it has them, else as one more step. */
function orderPaint(job, filaments, count) {
  const hasKnobs = optionsOf(job).some((option) => option.name === "filaments");
  if (hasKnobs) return orderAgain(job, { colors: count, filaments: filaments || null });
  return orderFix(job, "quantize-colors", { count, ...(filaments ? { filaments } : {}) });
}
