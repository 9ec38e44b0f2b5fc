/** Find a stage and put it on the canvas. */
import { html, useSignal } from "../vendor/ui.js";
import { change, state } from "../app/store.js";
import { words } from "../app/words.js";
import { addStep, commit, connect, giveOf, kindsOf } from "./doc.js";

const SHOWN = 9;

const focus = (input) => input?.focus();

export function Palette({ doc }) {
  return doc.palette ? html`<${Search} doc=${doc} />` : null; // born empty each time it opens
}

function Search({ doc }) {
  const text = useSignal("");
  const at = useSignal(0);
  const rows = found(text.value, doc).slice(0, SHOWN);
  const close = () => change(state.graph, { palette: false });
  const take = (stage) => {
    const { name, now } = addStep(doc.now, stage, doc.picked || doc.now.form.result);
    const source = doc.picked || doc.now.form.result;
    const fits = source && kindsOf(Object.values(stage.inputs)[0] ?? "").includes(giveOf(now.form, state.catalog.value.stages, source));
    state.graph.value = { ...commit(doc, fits ? connect(now, source, name, 0) : now), picked: name, palette: false };
  };
  const pressed = (event) => {
    if (event.key === "Escape") close();
    if (event.key === "ArrowDown") at.value = Math.min(rows.length - 1, at.value + 1);
    if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
    if (event.key === "Enter") {
      const row = found(event.currentTarget.value, doc)[at.value]; // what is typed, though it may not be drawn yet
      if (row) take(row);
    }
    if (["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) event.preventDefault();
  };
  return html`<div class="palette-back" onClick=${(event) => event.target === event.currentTarget && close()}>
    <div class="palette" role="dialog" aria-modal="true" aria-label=${words.graph.add}>
      <input ref=${focus} type="search" aria-label=${words.graph.find} placeholder=${words.graph.find} value=${text.value} onInput=${(event) => { text.value = event.target.value; at.value = 0; }} onKeyDown=${pressed} />
      <ul role="listbox">${rows.map((stage, index) => html`<li key=${stage.name}><button type="button" role="option" aria-selected=${String(index === at.value)} onClick=${() => take(stage)}>
        <strong>${stage.name}</strong><span class="small">${Object.values(stage.inputs).join(", ")} → ${stage.output}</span><span class="small">${stage.summary}</span></button></li>`)}</ul>
    </div>
  </div>`;
}

/** Stages that hold the words; those that take what is picked first. */
function found(text, doc) {
  const { stages } = state.catalog.value;
  const gives = giveOf(doc.now.form, stages, doc.picked || doc.now.form.result);
  const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (stage) => kindsOf(Object.values(stage.inputs)[0] ?? "").includes(gives);
  const rows = Object.values(stages).filter((stage) => Object.keys(stage.inputs).length && parts.every((part) => `${stage.name} ${stage.summary}`.toLowerCase().includes(part)));
  const rank = (stage) => (parts.length && stage.name.startsWith(parts[0]) ? 0 : fits(stage) ? 1 : 2);
  return rows.sort((one, other) => rank(one) - rank(other));
}
