/** The viewer with its tools around it: modes, standard views, section, ruler, legend. */
import { html, useEffect, useRef } from "../vendor/ui.js";
import { Beside } from "./beside.js";
import { PinSpots } from "./comments.js";
import { Gizmo } from "./gizmo.js";
import { attempt, bedOf, orderAgain } from "./orders.js";
import { Button, Icon, numberText } from "./parts.js";
import { go } from "./router.js";
import { change, state } from "./store.js";
import { words } from "./words.js";
import { MODES, VIEWS } from "../viewer/modes.js";
import { viewer } from "../viewer/viewer.js";

export function Viewport({ job }) {
  const canvas = useRef(null);
  useEffect(() => {
    viewer.attach(canvas.current);
    return () => {
      viewer.detach();
      state.shown.value = { address: "", triangles: 0, size: [0, 0, 0], rough: false, busy: false };
    };
  }, []);
  const shown = state.shown.value;
  return html`<section class=${`viewport ${shown.address ? "" : "empty"}`} aria-label=${words.model.viewer}>
    <canvas ref=${canvas} tabindex="0" role="img" aria-label=${`${words.model.viewer}: ${words.model.triangles(shown.triangles)}`}></canvas>
    ${!shown.address && html`<${Placeholder} job=${job} />`}
    ${shown.address && html`<${Facts} shown=${shown} job=${job} /><${Modes} job=${job} /><${Tools} job=${job} /><${Legend} /><${Gizmo} /><${PinSpots} job=${job} />`}
    ${shown.address && html`<${PhotoOver} />`}
    ${state.mode.value === "layers" && shown.address && html`<${LayersBar} />`}
    ${state.beside.value && shown.address && html`<${Beside} models=${versionsBeside(job)} onClose=${() => (state.beside.value = "")} />`}
    ${state.pinning.value && shown.address && html`<div class="float-bar" role="status">${words.comments.where}</div>`}
    ${state.section.value.on && shown.address && html`<${SectionBar} />`}
    ${state.ruler.value.on && shown.address && html`<${RulerBar} job=${job} />`}
  </section>`;
}

/** The version in view and the one that was put beside it. */
function versionsBeside(job) {
  return [job.id, state.beside.value].map((id) => ({ address: `/api/jobs/${id}/steps/result/view`, caption: words.versions.short(state.versions.value.findIndex((row) => row.id === id) + 1) }));
}

/** Until there is a shape: the picture that it will be made of, cut out as soon as the mask is known. */
function Placeholder({ job }) {
  const cut = job && Object.values(job.nodes).filter((node) => state.catalog.value.stages[node.stage]?.output === "Subject").at(-1);
  const front = job?.order?.inputs.front ?? job?.order?.inputs.photo;
  const photo = front && `/api/files/${front.digest}/${encodeURIComponent(front.name)}`;
  const source = cut ? `/api/jobs/${job.id}/steps/${encodeURIComponent(cut.node)}/view` : photo;
  return html`<div class="placeholder">${source && html`<img class=${cut ? "cut" : "raw"} src=${source} alt="" />`}<p>${words.model.empty}</p></div>`;
}

function Facts({ shown, job }) {
  const isSized = !shown.rough && job?.order.destination === "print";
  const [x, y, z] = shown.size.map((mm) => numberText(Number(mm.toPrecision(3))));
  return html`<div class="facts">
    <span class="size">${x} × ${y} × ${z} mm</span><span>${words.model.triangles(shown.triangles)}</span>
    ${shown.rough && html`<span class="rough">${words.model.rough}</span>`}${!isSized && !shown.rough && job?.order.options?.height_mm === undefined && html`<span>${words.model.notSized}</span>`}
  </div>`;
}

function Modes({ job }) {
  const fit = MODES.filter((mode) => mode !== "layers" || job?.order.destination === "print");
  return html`<div class="modes" role="radiogroup" aria-label=${words.model.viewer}>
    ${fit.map((mode, index) => html`<button type="button" key=${mode} role="radio" aria-checked=${String(state.mode.value === mode)} title=${`${words.modes[mode]} (${(index + 1) % 10})`} onClick=${() => (state.mode.value = mode)}>
      <span class=${`swatch ${mode}`} aria-hidden="true"></span><span>${words.modes[mode]}</span></button>`)}
  </div>`;
}

function Tools({ job }) {
  const bed = bedOf(job);
  const space = () => {
    state.bed.value = !state.bed.value;
    viewer.showBed(state.bed.value ? bed.bed_mm : null);
  };
  const section = state.section.value.on;
  const ruler = state.ruler.value.on;
  const photo = state.overlay.value;
  return html`<div class="tools" role="toolbar" aria-label=${words.model.viewer}>
    <details class="views"><summary class="button icon" title=${words.views.iso} aria-label=${words.tools.axis}><${Icon} name="look" /></summary>
      <div>${Object.keys(VIEWS).map((name) => html`<button type="button" key=${name} onClick=${() => viewer.view(name)}>${words.views[name]}</button>`)}</div></details>
    <${Button} kind="icon" icon="frame" label=${`${words.tools.frame} (F)`} onClick=${() => viewer.frame()} />
    <${Button} kind="icon" icon="turn" label=${`${words.tools.turn} (Space)`} pressed=${state.turning.value} onClick=${() => (state.turning.value = !state.turning.value)} />
    ${bed && html`<${Button} kind="icon" icon="bed" label=${words.tools.bed(bed.label, bed.bed_mm.join(" × "))} pressed=${state.bed.value} onClick=${space} />`}
    ${photo.camera && html`<${Button} kind="icon" icon="eye" label=${`${words.overlay.show} (P)`} pressed=${photo.on} onClick=${() => change(state.overlay, { on: !photo.on })} />`}
    <${Button} kind="icon" icon="section" label=${`${words.tools.section} (X)`} pressed=${section} onClick=${() => change(state.section, { on: !section })} />
    <${Button} kind="icon" icon="ruler" label=${`${words.tools.ruler} (R)`} pressed=${ruler} onClick=${() => (state.ruler.value = { on: !ruler, points: [], mm: "" })} />
    <${Button} kind="icon" icon="pin" label=${`${words.comments.add} (C)`} pressed=${state.pinning.value} onClick=${() => (state.pinning.value = !state.pinning.value)} />
    <${Button} kind="icon" icon="shot" label=${`${words.tools.shot} (S)`} onClick=${() => viewer.save()} />
  </div>`;
}

/** The photo over the model as its own camera sees it, with the slider between the two. */
function PhotoOver() {
  const { on, share, camera, href, rect, agree } = state.overlay.value;
  if (!on || !camera || !rect) return null;
  const place = { left: `${rect.x}px`, top: `${rect.y}px`, width: `${rect.width}px`, height: `${rect.height}px`, opacity: share };
  return html`<img class="photo-over" src=${href} alt=${words.overlay.alt} style=${place} onLoad=${(event) => viewer.engine?.overlay.measure(event.target)} />
    <div class="float-bar overlay-bar"><span>${words.overlay.model}</span>
      <input type="range" min="0" max="1" step="0.01" value=${share} aria-label=${words.overlay.slider} onInput=${(event) => change(state.overlay, { share: Number(event.target.value) })} />
      <span>${words.overlay.photo}</span>${agree !== null && html`<span class="small agree" data-agree=${agree}>${words.overlay.agree(Math.round(agree * 100))}</span>`}
    </div>`;
}

/** Which layer is the last one that shows, and who cut them: a slicer's G-code, or we ourselves. */
function LayersBar() {
  const { at, facts, busy } = state.layers.value;
  if (!facts) return html`<div class="float-bar" role="status">${busy ? words.layers.busy : words.layers.waiting}</div>`;
  const by = facts.slicer ? words.layers.slicer(facts.slicer) : facts.why ? words.layers.ownFor(facts.why.split(/[.;:]/)[0]) : words.layers.own;
  const cost = facts.slicer ? words.layers.cost(facts.seconds, facts.filament_g) : "";
  return html`<div class="float-bar layers-bar"><span class="layer-at">${words.layers.at(at, facts.layers)}</span>
    <input type="range" min="1" max=${facts.layers} value=${at} aria-label=${words.layers.slider} onInput=${(event) => change(state.layers, { at: Number(event.target.value) })} />
    <span class="small" title=${facts.why} data-by=${facts.slicer ? "slicer" : "own"}>${busy ? words.layers.busy : `${by}${cost}${facts.lines > facts.shown ? words.layers.cut(facts.shown, facts.lines) : ""}`}</span>
    ${facts.ready && !facts.slicer && html`<${Button} kind="small" disabled=${busy} onClick=${() => change(state.layers, { by: "slicer" })}>${words.layers.slice}<//>`}</div>`;
}

function SectionBar() {
  const { axis, at } = state.section.value;
  return html`<div class="float-bar section-bar">
    <div class="segments" role="radiogroup" aria-label=${words.tools.axis}>${["x", "y", "z"].map((name) => html`<button type="button" key=${name} role="radio" aria-checked=${String(axis === name)} onClick=${() => change(state.section, { axis: name })}>${name.toUpperCase()}</button>`)}</div>
    <input type="range" min="0" max="1" step="0.005" value=${at} aria-label=${words.tools.sectionAt} onInput=${(event) => change(state.section, { at: Number(event.target.value) })} />
  </div>`;
}

/** Two clicks, then the real length: the model is ordered again in its real size. */
function RulerBar({ job }) {
  const { points, mm } = state.ruler.value;
  if (points.length < 2) return html`<div class="float-bar" role="status">${points.length ? words.ruler.second : words.ruler.first}</div>`;
  const length = Math.hypot(...points[0].map((value, index) => value - points[1][index]));
  const height = state.shown.value.size[2];
  const apply = (event) => {
    event.preventDefault();
    const height_mm = Number(((height * Number(mm)) / length).toPrecision(6));
    attempt(async () => go(`/m/${(await orderAgain(job, { height_mm })).id}`));
  };
  return html`<form class="float-bar" onSubmit=${apply}>
    <strong>${words.ruler.is(numberText(length))}</strong><label>${words.ruler.make} <input type="number" min="0.01" step="any" required value=${mm} onInput=${(event) => change(state.ruler, { mm: event.target.value })} /> ${words.ruler.mm}</label>
    <button class="button main">${words.ruler.apply}</button>
  </form>`;
}

function Legend() {
  const legend = state.legend.value;
  if (!legend) return null;
  const [low, high] = legend.ends.map(numberText);
  const strip = { background: `linear-gradient(90deg, ${legend.colors.join(", ")})` };
  if (legend.ramp === "seen") return html`<div class="legend" data-share=${legend.share}><p>${words.legend.seen(legend.share)}</p><div class="strip" style=${strip}></div><div class="ends">${words.legend.seenEnds.map((end) => html`<span key=${end}>${end}</span>`)}</div></div>`;
  return html`<div class="legend"><p>${words.legend[legend.ramp]}</p><div class="strip" style=${strip}></div><div class="ends"><span>${low} ${legend.unit}</span><span>${high} ${legend.unit}</span></div></div>`;
}
