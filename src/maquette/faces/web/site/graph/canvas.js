/** Where the steps stand: wires as SVG under nodes of HTML, moved and wired with the pointer. */
import { html, useEffect, useRef } from "../vendor/ui.js";
import { change, say, state } from "../app/store.js";
import { words } from "../app/words.js";
import { commit, connect, move, refusal, staleSteps } from "./doc.js";
import { Node, NODE_WIDTH, socketPlace } from "./node.js";

const ZOOMS = [0.3, 1.6];

export function Canvas({ job, doc }) {
  const area = useRef(null);
  const { form, places } = doc.now;
  const stale = new Set(staleSteps(doc));
  const { x, y, zoom } = doc.camera ?? { x: 40, y: 40, zoom: 1 };
  useEffect(() => {
    if (!doc.camera) fit(area.current, places);
  }, [doc.job, !doc.camera]);
  const at = (event) => {
    const box = area.current.getBoundingClientRect();
    return [(event.clientX - box.left - x) / zoom, (event.clientY - box.top - y) / zoom];
  };
  const down = (event) => {
    if (event.target.closest("button, .graph-node")) return;
    area.current.setPointerCapture(event.pointerId);
    change(state.graph, { picked: "", drag: { kind: "pan", from: [event.clientX - x, event.clientY - y] } });
  };
  const onNode = (name) => (event) => {
    if (event.target.closest("button") || event.button) return;
    area.current.setPointerCapture(event.pointerId);
    const [px, py] = at(event);
    change(state.graph, { picked: name, drag: { kind: "node", name, grip: [px - places[name][0], py - places[name][1]], now: doc.now } });
  };
  const onSocket = (name) => (event) => {
    event.stopPropagation();
    area.current.setPointerCapture(event.pointerId);
    change(state.graph, { wire: { source: name, to: at(event) }, drag: { kind: "wire" } });
  };
  const moved = (event) => {
    const { drag, wire } = state.graph.value;
    if (!drag) return;
    if (drag.kind === "pan") change(state.graph, { camera: { zoom, x: event.clientX - drag.from[0], y: event.clientY - drag.from[1] } });
    if (drag.kind === "wire") change(state.graph, { wire: { ...wire, to: at(event) } });
    if (drag.kind === "node") {
      const [px, py] = at(event);
      change(state.graph, { now: move(doc.now, drag.name, [Math.round(px - drag.grip[0]), Math.round(py - drag.grip[1])]) });
    }
  };
  const up = (event) => {
    const { drag, wire } = state.graph.value;
    if (drag?.kind === "node") state.graph.value = { ...commit({ ...state.graph.value, now: drag.now }, state.graph.value.now) };
    if (drag?.kind === "wire") land(document.elementFromPoint(event.clientX, event.clientY), wire.source);
    change(state.graph, { drag: null, wire: null });
  };
  const wheel = (event) => {
    event.preventDefault();
    const next = Math.min(ZOOMS[1], Math.max(ZOOMS[0], zoom * Math.exp(-event.deltaY / 600)));
    const box = area.current.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    change(state.graph, { camera: { zoom: next, x: px - ((px - x) * next) / zoom, y: py - ((py - y) * next) / zoom } });
  };
  useEffect(() => {
    area.current.addEventListener("wheel", wheel, { passive: false });
    return () => area.current?.removeEventListener("wheel", wheel);
  });
  const wires = Object.entries(form.steps).flatMap(([name, step]) => [step.from].flat().map((source, index) => ({ name, source, index })).filter(({ source }) => places[source]));
  const hold = { transform: `translate(${x}px, ${y}px) scale(${zoom})` };
  return html`<div ref=${area} class="graph" tabindex="0" role="application" aria-label=${words.graph.canvas} onPointerDown=${down} onPointerMove=${moved} onPointerUp=${up}>
    <div class="graph-plane" style=${hold}>
      <svg class="wires" aria-hidden="true">
        ${wires.map(({ name, source, index }) => html`<path key=${`${source}>${name}.${index}`} class=${stale.has(name) ? "stale" : ""} d=${curve(socketPlace(places[source], "out", 0), socketPlace(places[name], "in", index))} />`)}
        ${doc.wire && html`<path class="loose" d=${curve(socketPlace(places[doc.wire.source], "out", 0), doc.wire.to)} />`}
      </svg>
      ${[...form.inputs, ...Object.keys(form.steps)].map((name) => html`<${Node} key=${name} name=${name} job=${job} doc=${doc} stale=${stale.has(name)} onGrab=${onNode(name)} onSocket=${onSocket(name)} />`)}
    </div>
    <p class="small graph-hint">${words.graph.hint}</p>
  </div>`;
}

/** A wire let go over a socket: led there, or the reason why not. */
function land(target, source) {
  const socket = target?.closest?.("[data-socket]");
  if (!socket) return;
  const doc = state.graph.value;
  const { step, index } = socket.dataset;
  const why = refusal(doc.now.form, state.catalog.value.stages, source, step, Number(index));
  if (why) say(why === "circle" ? words.graph.circle : words.graph.noFit(why.gives, why.needs), "error");
  else state.graph.value = commit(doc, connect(doc.now, source, step, Number(index)));
}

/** A wire from place to place. @param {number[]} start @param {number[]} end */
function curve([x, y], [u, v]) {
  if (u < x) return `M${x} ${y}H${x + 24}V${v - 37}H${u - 24}V${v}H${u}`; // to the next row, between the rows
  const bend = Math.max(40, Math.abs(u - x) / 2.4);
  return `M${x} ${y}C${x + bend} ${y} ${u - bend} ${v} ${u} ${v}`;
}

/** All of the graph in view. */
function fit(area, places) {
  const points = Object.values(places);
  if (!area || !points.length) return;
  const right = Math.max(...points.map(([px]) => px)) + NODE_WIDTH;
  const bottom = Math.max(...points.map(([, py]) => py)) + 170;
  const zoom = Math.max(ZOOMS[0], Math.min(1.5, (area.clientWidth - 64) / right, (area.clientHeight - 90) / bottom));
  change(state.graph, { camera: { zoom, x: Math.max(24, (area.clientWidth - right * zoom) / 2), y: Math.max(24, (area.clientHeight - bottom * zoom) / 2) } });
}
