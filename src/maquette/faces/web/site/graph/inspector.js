/** The knobs of the step that was picked, read off its stage. */
import { html } from "../vendor/ui.js";
import { Knob } from "../app/knobs.js";
import { Button } from "../app/parts.js";
import { state } from "../app/store.js";
import { words } from "../app/words.js";
import { commit, connect, giveOf, makeResult, refusal, setKnob } from "./doc.js";
import { dropPicked } from "./screen.js";

export function Inspector({ doc }) {
  const { form } = doc.now;
  const step = form.steps[doc.picked];
  const stage = step && state.catalog.value.stages[step.stage];
  if (!stage) return html`<aside class="inspector"><p class="hint">${words.graph.pick}</p></aside>`;
  const name = doc.picked;
  const turn = (setting) => (value) => (state.graph.value = commit(doc, setKnob(doc.now, name, setting, value)));
  return html`<aside class="inspector" aria-label=${words.graph.settings}>
    <div class="inspector-head"><h2>${step.stage}</h2><p class="small">${stage.summary}</p></div>
    ${Object.entries(stage.inputs).map(([input, type], index) => html`<${Source} key=${input} doc=${doc} name=${name} input=${input} type=${type} index=${index} />`)}
    <div class="knobs">${settingsOf(stage).map((option) => html`<${Knob} key=${option.name} option=${option} value=${step.with?.[option.name] ?? null} turn=${turn(option.name)} />`)}</div>
    <div class="row">
      <${Button} kind="small" disabled=${form.result === name} onClick=${() => (state.graph.value = commit(doc, makeResult(doc.now, name)))}>${words.graph.makeResult}<//>
      <${Button} kind="small" icon="trash" onClick=${() => dropPicked(doc)}>${words.graph.remove}<//>
    </div>
    <${Maker} stage=${stage} usd=${doc.prices[name]} />
  </aside>`;
}

/** Under which licence a step works; a provider's price, and what gets it ready. */
function Maker({ stage, usd }) {
  const maker = state.catalog.value.generators.find((row) => row.name === stage.name);
  return html`<div class="maker small"><p>${stage.facts.licence}</p>
    ${maker?.price && html`<p>${words.graph.price}: ${maker.price}${usd ? ` (${words.graph.here} $${usd.toFixed(2)})` : ""}</p>`}
    ${maker && !maker.ready && html`<p>${words.graph.notReady}</p><code>${maker.get}</code>`}</div>`;
}

/** The same wires for the keyboard: where an input takes its value from. */
function Source({ doc, name, input, type, index }) {
  const { form } = doc.now;
  const { stages } = state.catalog.value;
  const fits = [...form.inputs, ...Object.keys(form.steps)].filter((other) => other !== name && !refusal(form, stages, other, name, index));
  const value = [form.steps[name].from].flat()[index];
  return html`<label class="source">${input} <span class="small">${type}</span>
    <select value=${value} onChange=${(event) => (state.graph.value = commit(doc, connect(doc.now, event.target.value, name, index)))}>
      ${!fits.includes(value) && html`<option value=${value} selected>${value || words.graph.alone}</option>`}
      ${fits.map((other) => html`<option key=${other} value=${other} selected=${other === value}>${other} (${giveOf(form, stages, other)})</option>`)}</select></label>`;
}

/** A stage's settings as options, from the JSON schema that the registry made. */
export function settingsOf(stage) {
  const { properties = {}, required = [], $defs = {} } = stage.settings;
  return Object.entries(properties).map(([name, own]) => {
    const branches = [own, ...(own.anyOf ?? [])].map((one) => ({ ...one, ...($defs[one.$ref?.split("/").at(-1)] ?? {}) }));
    const pick = (key) => branches.find((one) => one[key] !== undefined)?.[key];
    const types = branches.map((one) => one.type);
    const kind = types.includes("boolean") ? "yes or no" : types.includes("integer") ? "whole number" : types.includes("number") ? "number" : "text";
    const profiles = { printer: state.catalog.value.printers, target: state.catalog.value.targets }[name];
    const bounds = { ge: pick("minimum"), gt: pick("exclusiveMinimum"), le: pick("maximum"), lt: pick("exclusiveMaximum") };
    const given = Object.fromEntries(Object.entries(bounds).filter(([, limit]) => limit !== undefined));
    const value = own.default;
    return { name, kind, description: own.description ?? "", default: typeof value === "object" ? null : value, choices: pick("enum") ?? profiles ?? [], bounds: given, required: required.includes(name), only: "" };
  });
}
