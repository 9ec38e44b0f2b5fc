/** The photo with the cut on it, and marks that correct the cut before the shape is made. */
import { html, useEffect, useRef } from "../vendor/ui.js";
import { lookUp } from "./api.js";
import { attempt, orderAgain, orderCut } from "./orders.js";
import { Button } from "./parts.js";
import { go } from "./router.js";
import { change, changeJob, state } from "./store.js";
import { words } from "./words.js";

const SPACING = 0.035; // of the photo's width between two points of a stroke
const MOST_POINTS = 60;

export function PhotoPanel({ job }) {
  const mask = state.mask.value;
  const front = job.order.inputs.front ?? job.order.inputs.photo;
  if (!front) return html`<section class="photo-card"><h2>${words.model.photo}</h2><p class="hint">${words.model.noPhoto}</p></section>`;
  const cut = Object.values(job.nodes).find((node) => node.stage === "matte");
  const href = `/api/files/${front.digest}/${encodeURIComponent(front.name)}`;
  const cutHref = mask.preview || (cut && `/api/jobs/${job.id}/steps/${encodeURIComponent(cut.node)}/view`);
  const others = Object.entries(job.order.inputs).filter(([side]) => side !== "front" && side !== "photo");
  return html`<section class=${`photo-card ${mask.open ? "editing" : ""}`} aria-label=${words.model.photo}>
    <div class="photo-head"><h2>${words.model.photo}</h2>
      ${!mask.open && cut && html`<${Button} kind="small" icon="brush" onClick=${() => change(state.mask, { open: true, ...marksOf(job) })}>${words.mask.edit}<//>`}</div>
    <div class=${`photo ${cutHref ? "is-cut" : ""}`}>
      <img class="whole" src=${href} alt=${front.name} />${cutHref && html`<img class="cut" key=${cutHref} src=${cutHref} alt="" />`}
      ${mask.open && html`<${Marks} />`}
    </div>
    ${mask.open && html`<${MaskTools} job=${job} />`}
    ${others.length > 0 && html`<div class="other-photos">${others.map(([side, file]) => html`<img key=${side} src=${`/api/files/${file.digest}/${encodeURIComponent(file.name)}`} alt=${words.drop.slots[side] ?? side} title=${words.drop.slots[side] ?? side} />`)}</div>`}
  </section>`;
}

/** The marks that a job was ordered with, back as strokes. */
function marksOf(job) {
  const { point = "", box = "" } = job.order.options ?? {};
  const strokes = point.split(" ").filter((word) => /^!?[\d.]+%,[\d.]+%$/.test(word)).map((word) => ({ tool: word.startsWith("!") ? "cut" : "keep", points: [word.replace("!", "").split(",").map((part) => parseFloat(part) / 100)] }));
  const sides = box.split(",").map((part) => parseFloat(part) / 100);
  return { strokes, box: sides.length === 4 && sides.every(Number.isFinite) ? sides : null, preview: "" };
}

/** The marks as the options that the stage takes. */
export function settingsOf({ strokes, box }) {
  const percent = (value) => `${(Math.min(0.999, Math.max(0.001, value)) * 100).toFixed(1)}%`;
  const places = strokes.flatMap(({ tool, points }) => points.map(([x, y]) => `${tool === "cut" ? "!" : ""}${percent(x)},${percent(y)}`));
  const every = Math.max(1, Math.ceil(places.length / MOST_POINTS));
  return { point: places.filter((_, index) => index % every === 0).join(" "), box: box ? box.map(percent).join(",") : "" };
}

function Marks() {
  const area = useRef(null);
  const { tool, strokes, box } = state.mask.value;
  const place = (event) => {
    const { left, top, width, height } = area.current.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  };
  const down = (event) => {
    area.current.setPointerCapture(event.pointerId);
    const at = place(event);
    if (tool === "box") change(state.mask, { drawing: at, box: [...at, ...at] });
    else change(state.mask, { drawing: at, strokes: [...strokes, { tool, points: [at] }] });
  };
  const move = (event) => {
    const { drawing } = state.mask.value;
    if (!drawing) return;
    const at = place(event);
    if (tool === "box") change(state.mask, { box: [Math.min(drawing[0], at[0]), Math.min(drawing[1], at[1]), Math.max(drawing[0], at[0]), Math.max(drawing[1], at[1])] });
    else if (Math.hypot(at[0] - drawing[0], at[1] - drawing[1]) > SPACING) change(state.mask, { drawing: at, strokes: [...strokes.slice(0, -1), { tool, points: [...strokes.at(-1).points, at] }] });
  };
  const up = () => change(state.mask, { drawing: null, ...(box && box[2] - box[0] < 0.02 ? { box: null } : {}) });
  const path = (points) => `M${points.map(([x, y]) => `${x * 100} ${y * 100}`).join("L")}${points.length === 1 ? "h.01" : ""}`;
  return html`<svg ref=${area} class=${`marks ${tool}`} viewBox="0 0 100 100" preserveAspectRatio="none" role="application" aria-label=${words.mask.label} onPointerDown=${down} onPointerMove=${move} onPointerUp=${up}>
    ${strokes.map((stroke, index) => html`<path key=${index} class=${stroke.tool} d=${path(stroke.points)} />`)}
    ${box && html`<rect x=${box[0] * 100} y=${box[1] * 100} width=${(box[2] - box[0]) * 100} height=${(box[3] - box[1]) * 100} />`}
  </svg>`;
}

function MaskTools({ job }) {
  const { tool, strokes, box, busy } = state.mask.value;
  const pick = (name) => () => change(state.mask, { tool: name });
  useEffect(() => () => change(state.mask, { open: false }), []);
  const preview = () =>
    attempt(async () => {
      change(state.mask, { busy: true });
      try {
        const ordered = await orderCut(job, settingsOf(state.mask.value));
        const done = await lookUp(`/api/jobs/${ordered.id}?wait=60`);
        changeJob(ordered.id, done);
        if (done.state === "failed") throw new Error(done.error.message);
        change(state.mask, { preview: done.files.find((file) => file.role === "main").href });
      } finally {
        change(state.mask, { busy: false });
      }
    });
  const apply = () => {
    const settings = settingsOf(state.mask.value);
    const changes = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, value || null]));
    return attempt(async () => go(`/m/${(await orderAgain(job, changes)).id}`));
  };
  const tools = [["keep", "brush"], ["cut", "erase"], ["box", "box"]];
  return html`<div class="mask-tools">
    <div class="segments" role="radiogroup" aria-label=${words.mask.edit}>${tools.map(([name, icon]) => html`<${Button} key=${name} kind="segment" icon=${icon} role="radio" aria-checked=${String(tool === name)} onClick=${pick(name)}>${words.mask[name]}<//>`)}</div>
    <p class="small">${words.mask.hint}</p>
    <div class="row">
      <${Button} kind="icon" icon="undo" label=${words.mask.undo} disabled=${!strokes.length} onClick=${() => change(state.mask, { strokes: strokes.slice(0, -1) })} />
      <${Button} kind="icon" icon="trash" label=${words.mask.clear} disabled=${!strokes.length && !box} onClick=${() => change(state.mask, { strokes: [], box: null, preview: "" })} />
      <span class="gap"></span>
      <${Button} kind="small" disabled=${busy} onClick=${preview}>${busy ? `${words.mask.busy} …` : words.mask.preview}<//>
      <${Button} kind="small main" disabled=${busy} onClick=${apply}>${words.mask.apply}<//>
      <${Button} kind="icon" icon="close" label=${words.mask.close} onClick=${() => change(state.mask, { open: false, preview: "" })} />
    </div>
  </div>`;
}
