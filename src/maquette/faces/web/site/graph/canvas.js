/** Where the steps stand: wires as SVG under nodes of HTML, moved and wired with the pointer. */
import { html, useEffect, useRef } from "../vendor/ui.js";
import { change, say, state } from "../app/store.js";
import { words } from "../app/words.js";
import { commit, connect, moveAll, refusal, staleSteps } from "./doc.js";
import { choose, Node, NODE_WIDTH, socketPlace } from "./node.js";
import { Frame, Note } from "./notes.js";
import { Cursors, showCursor } from "./others.js";

const ZOOMS = [0.3, 1.6];

export function Canvas({ job, doc }) {
  const area = useRef(null);
  const { form, places, notes, groups } = doc.now;
  const stale = new Set(staleSteps(doc));
  const { x, y, zoom } = doc.camera ?? { x: 40, y: 40, zoom: 1 };
  useEffect(() => {
    if (!doc.camera) fit(area.current, places);
  }, [doc.job, !doc.camera]);
  /** @returns {[number, number]} */
  const at = (event) => {
    const box = area.current.getBoundingClientRect();
    return [(event.clientX - box.left - x) / zoom, (event.clientY - box.top - y) / zoom];
  };
  const down = (event) => {
    if (event.target.closest("button, input, textarea, .graph-node, .note, .frame-head")) return;
    area.current.setPointerCapture(event.pointerId);
    change(state.graph, { picked: "", chosen: [], drag: { kind: "pan", from: [event.clientX - x, event.clientY - y] } });
  };
  const grab = (things, event) => {
    area.current.setPointerCapture(event.pointerId);
    change(state.graph, { drag: { kind: "move", things, from: at(event), now: doc.now } });
  };
  const onNode = (name) => (event) => {
    if (event.target.closest("button") || event.button) return;
    choose(name, event.shiftKey);
    const { chosen } = state.graph.value;
    grab({ steps: chosen.includes(name) ? chosen : [name] }, event);
  };
  const onMark = (things) => (event) => !event.target.closest("button, input, textarea") && !event.button && grab(things, event);
  const onSocket = (name) => (event) => {
    event.stopPropagation();
    area.current.setPointerCapture(event.pointerId);
    change(state.graph, { wire: { source: name, to: at(event) }, drag: { kind: "wire" } });
  };
  const moved = (event) => {
    showCursor(at(event));
    const { drag, wire } = state.graph.value;
    if (!drag) return;
    if (drag.kind === "pan") change(state.graph, { camera: { zoom, x: event.clientX - drag.from[0], y: event.clientY - drag.from[1] } });
    if (drag.kind === "wire") change(state.graph, { wire: { ...wire, to: at(event) } });
    if (drag.kind === "move") drift(drag, at(event));
  };
  const up = (event) => {
    const { drag, wire } = state.graph.value;
    if (drag?.kind === "move" && drag.end) state.graph.value = drop(state.graph.value, drag);
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
  return html`<div ref=${area} class="graph" tabindex="0" role="application" aria-label=${words.graph.canvas} onPointerDown=${down} onPointerMove=${moved} onPointerUp=${up} onPointerLeave=${() => showCursor(null)}>
    <div class="graph-plane" style=${hold}>
      ${Object.entries(groups).map(([id, group]) => html`<${Frame} key=${id} id=${id} group=${group} places=${places} onGrab=${onMark({ steps: group.steps })} />`)}
      <svg class="wires" aria-hidden="true">
        ${wires.map(({ name, source, index }) => html`<path key=${`${source}>${name}.${index}`} class=${stale.has(name) ? "stale" : ""} d=${curve(socketPlace(places[source], "out", 0), socketPlace(places[name], "in", index))} />`)}
        ${doc.wire && html`<path class="loose" d=${curve(socketPlace(places[doc.wire.source], "out", 0), doc.wire.to)} />`}
      </svg>
      ${[...form.inputs, ...Object.keys(form.steps)].map((name) => html`<${Node} key=${name} name=${name} job=${job} doc=${doc} stale=${stale.has(name)} onGrab=${onNode(name)} onSocket=${onSocket(name)} />`)}
      ${Object.entries(notes).map(([id, note]) => html`<${Note} key=${id} id=${id} note=${note} onGrab=${onMark({ notes: [id] })} />`)}
      <${Cursors} />
    </div>
    <p class="small graph-hint">${words.graph.hint}</p>
  </div>`;
}

/** While things are dragged they stand where the pointer is; what others change meanwhile stays. */
function drift(drag, [x, y]) {
  const [dx, dy] = [x - drag.from[0], y - drag.from[1]];
  const { places, notes } = moveAll(drag.now, drag.things, [dx, dy]);
  state.graph.value = { ...state.graph.value, drag: { ...drag, end: [dx, dy] }, now: placed(state.graph.value.now, drag.things, places, notes) };
}

/** Where some things stand in another state. */
function placed(now, { steps = [], notes: ids = [] }, places, notes) {
  const stepsHere = steps.filter((name) => now.places[name]).map((name) => [name, places[name] ?? now.places[name]]);
  const notesHere = ids.filter((id) => now.notes[id]).map((id) => [id, { ...now.notes[id], at: notes[id]?.at ?? now.notes[id].at }]);
  return { ...now, places: { ...now.places, ...Object.fromEntries(stepsHere) }, notes: { ...now.notes, ...Object.fromEntries(notesHere) } };
}

/** The end of a drag: one gesture from where things stood before. */
function drop(doc, drag) {
  const before = placed(doc.now, drag.things, drag.now.places, drag.now.notes);
  return { ...commit({ ...doc, now: before }, doc.now) };
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
  const zoom = Math.max(ZOOMS[0], Math.min(1.5, (area.clientWidth - 64) / right, (area.clientHeight - 120) / bottom));
  change(state.graph, { camera: { zoom, x: Math.max(24, (area.clientWidth - right * zoom) / 2), y: Math.max(64, (area.clientHeight - bottom * zoom) / 2) } });
}
