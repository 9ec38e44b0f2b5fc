/** One step on the canvas: what it is, what came of it, and its sockets. */
import { html } from "../vendor/ui.js";
import { state } from "../app/store.js";
import { words } from "../app/words.js";
import { giveOf, kindsOf, refusal } from "./doc.js";
import { Pickers } from "./others.js";

export const NODE_WIDTH = 176;
const HEAD = 40;
const BETWEEN = 22;

/** Where a socket stands, for its wire. @returns {[number, number]} */
export function socketPlace([x, y], side, index) {
  return side === "out" ? [x + NODE_WIDTH, y + HEAD / 2] : [x, y + HEAD / 2 + index * BETWEEN];
}

export function Node({ name, job, doc, stale, onGrab, onSocket }) {
  const { stages } = state.catalog.value;
  const { form, places } = doc.now;
  const step = form.steps[name];
  const stage = step && stages[step.stage];
  const gives = giveOf(form, stages, name);
  const [x, y] = places[name] ?? [0, 0];
  const said = job.nodes[name];
  const status = statusOf(job, name, stale, said, Boolean(step));
  const classes = ["graph-node", status, doc.picked === name || doc.chosen.includes(name) ? "picked" : "", step ? "" : "is-input", step?.optional ? "optional" : ""].join(" ");
  const pick = (event) => event.key === "Enter" && event.target === event.currentTarget && choose(name, event.shiftKey);
  return html`<div class=${classes} style=${{ transform: `translate(${x}px, ${y}px)` }} tabindex="0" role="group" aria-label=${`${name}: ${step?.stage ?? words.graph.input}, ${words.graph[status] ?? status}`}
      data-step=${name} data-status=${status} onPointerDown=${onGrab} onKeyDown=${pick}>
    <div class="node-head" title=${stage?.summary}><strong>${step?.stage ?? name}</strong><span class="small">${step ? name : words.graph.input}${form.result === name ? ` · ${words.graph.result}` : ""}</span></div>
    ${Object.entries(stage?.inputs ?? {}).map(([input, type], index) => html`<button type="button" key=${input} class=${`socket in type-${typeClass(type)} ${unfit(doc, stages, name, index)}`} style=${{ top: `${HEAD / 2 + index * BETWEEN}px` }} data-socket data-step=${name} data-index=${index} aria-label=${`${name} ${words.graph.from} ${input}: ${type}`} title=${`${input}: ${type}`}></button>`)}
    <button type="button" class=${`socket out type-${typeClass(gives)}`} style=${{ top: `${HEAD / 2}px` }} aria-label=${`${name}: ${gives}`} title=${gives} onPointerDown=${onSocket}></button>
    <${Pickers} name=${name} />
    <${Thumb} job=${job} name=${name} step=${step} said=${said} gives=${gives} />
    <div class="node-foot"><span class="status">${words.graph[status] ?? ""}</span>${said?.seconds !== undefined && !stale && html`<span class="small">${words.graph.seconds(said.seconds.toFixed(said.seconds < 1 ? 2 : 1))}</span>`}
      ${doc.prices[name] > 0 && html`<span class="price" title=${words.graph.price}>$${doc.prices[name].toFixed(2)}</span>`}</div>
  </div>`;
}

/** Pick one step, or with the shift key one more. */
export function choose(name, more) {
  const doc = state.graph.value;
  const { chosen } = doc;
  const next = !more ? (chosen.includes(name) ? chosen : [name]) : chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name];
  state.graph.value = { ...doc, picked: name, chosen: next };
}

function statusOf(job, name, stale, said, isStep) {
  if (!isStep) return "input";
  if (said?.error) return "failed";
  if (job.state === "running" && !said && job.says?.startsWith(name)) return "running";
  if (stale) return "stale";
  return said?.ran ? "ran" : "kept";
}

/** While a wire is dragged, sockets that it does not fit fade. */
function unfit(doc, stages, name, index) {
  return doc.wire && refusal(doc.now.form, stages, doc.wire.source, name, index) ? "unfit" : "";
}

function Thumb({ job, name, step, said, gives }) {
  const input = job.order.inputs[name] ?? (!step && Object.values(job.order.inputs)[0]);
  if (!step && input?.digest && gives === "bytes") return html`<div class="node-picture"><img src=${`/api/files/${input.digest}/${encodeURIComponent(input.name)}`} alt="" draggable="false" /></div>`;
  if (said?.key && ["Asset", "Subject", "Picture"].includes(gives)) return html`<div class="node-picture"><img loading="lazy" src=${`/api/jobs/${job.id}/steps/${encodeURIComponent(name)}/thumb`} alt="" draggable="false" /></div>`;
  return html`<div class="node-picture none">${gives}</div>`;
}

const typeClass = (type) => kindsOf(type)[0].replace(/[^A-Za-z]/g, "").toLowerCase() || "any";
