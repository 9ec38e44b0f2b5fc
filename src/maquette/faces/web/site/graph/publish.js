/** Publish a graph: a version that never changes, as a route for programs and as a form with only chosen knobs. */
import { html, useSignal } from "../vendor/ui.js";
import { publish } from "../app/api.js";
import { attempt } from "../app/orders.js";
import { Button } from "../app/parts.js";
import { change, state } from "../app/store.js";
import { words } from "../app/words.js";
import { recipeOf, yamlOf } from "./doc.js";
import { settingsOf } from "./inspector.js";

const PLAIN = /[^a-z0-9]+/g;

/** All settings of the steps that are run: {step, option, isSet}. */
function turnable(doc) {
  const { stages } = state.catalog.value;
  const rows = Object.entries(recipeOf(doc.now).steps).flatMap(([step, { stage, with: own = {} }]) => settingsOf(stages[stage]).map((option) => ({ step, option, isSet: option.name in own, at: `${step}.${option.name}` })));
  return rows.sort((one, other) => Number(other.isSet) - Number(one.isSet));
}

/** Names for the chosen settings: their own where one step only has it. */
function knobsOf(chosen) {
  const name = (at) => at.split(".")[1];
  return Object.fromEntries(chosen.map((at) => [chosen.filter((other) => name(other) === name(at)).length > 1 ? at.replace(".", "_") : name(at), { turns: at }]));
}

export function Publish({ doc }) {
  return doc.publishing ? html`<${Sheet} doc=${doc} />` : null;
}

function Sheet({ doc }) {
  const rows = turnable(doc);
  const name = useSignal((doc.now.form.recipe === "graph" ? "" : doc.now.form.recipe).replace(PLAIN, "-"));
  const chosen = useSignal(rows.filter((row) => row.isSet && row.option.name.endsWith("_mm")).map((row) => row.at));
  const done = useSignal(null);
  const close = () => change(state.graph, { publishing: false });
  const turn = (at) => () => (chosen.value = chosen.value.includes(at) ? chosen.value.filter((one) => one !== at) : [...chosen.value, at]);
  const send = (event) => {
    event.preventDefault();
    const text = `${yamlOf(doc.now)}knobs: ${JSON.stringify(knobsOf(chosen.value))}\n`.replace(/^recipe: .*/, `recipe: ${name.value}`);
    return attempt(async () => (done.value = await publish({ name: name.value, text })));
  };
  return html`<div class="palette-back" onClick=${(event) => event.target === event.currentTarget && close()}>
    <form class="palette publish" role="dialog" aria-modal="true" aria-label=${words.publish.title} onSubmit=${send} onKeyDown=${(event) => event.key === "Escape" && close()}>
      <h2>${words.publish.title}</h2><p class="hint">${words.publish.lead}</p>
      <label class="setting">${words.publish.name}<input type="text" required pattern="[a-z][a-z0-9\\-]*" maxlength="40" value=${name.value} onInput=${(event) => (name.value = event.target.value)} /></label>
      <fieldset class="setting"><legend>${words.publish.knobs}</legend><div class="publish-knobs">${rows.map((row) => html`<label key=${row.at}><input type="checkbox" checked=${chosen.value.includes(row.at)} onChange=${turn(row.at)} /> ${row.option.name.replaceAll("_", " ")} <span class="small">${row.step}</span></label>`)}</div></fieldset>
      ${done.value && html`<p role="status">${words.publish.done(done.value.version)} <a href=${done.value.form}>${words.publish.form}</a><br /><code>POST ${done.value.href}</code></p>`}
      <div class="row"><${Button} onClick=${close}>${words.bar.close}<//><button class="button main">${words.publish.send}</button></div>
    </form></div>`;
}
