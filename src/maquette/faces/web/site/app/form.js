/** A published recipe as a form: what goes in, the knobs that were chosen, and nothing else. */
import { html, useEffect, useSignal } from "../vendor/ui.js";
import { lookUp, runRecipe, upload } from "./api.js";
import { Knob } from "./knobs.js";
import { attempt, endingFor, freshTag, placeBy, profileFor } from "./orders.js";
import { Icon } from "./parts.js";
import { go } from "./router.js";
import { state } from "./store.js";
import { words } from "./words.js";

export function FormScreen() {
  const { job: name } = state.place.value;
  const recipe = useSignal(null);
  useEffect(() => {
    attempt(async () => (recipe.value = await lookUp(`/api/published/${encodeURIComponent(decodeURIComponent(name))}`)));
  }, [name]);
  return html`<main class="form-screen">${recipe.value && state.catalog.value && html`<${Form} recipe=${recipe.value} />`}</main>`;
}

function Form({ recipe }) {
  const files = useSignal({});
  const knobs = useSignal({});
  const destination = useSignal("print");
  const { inputs, summary, version } = recipe;
  const bring = (input) => (event) => attempt(async () => {
    const [file] = event.target.files;
    if (file) files.value = { ...files.value, [input]: { ...(await upload(file)), name: file.name } };
  });
  const turn = (knob) => (value) => {
    const { [knob]: _, ...rest } = knobs.value;
    knobs.value = value === null ? rest : { ...rest, [knob]: value };
  };
  const run = (event) => {
    event.preventDefault();
    return attempt(async () => {
      const sources = Object.fromEntries(Object.entries(files.value).map(([input, { digest, name }]) => [input, { digest, name }]));
      const more = { destination: destination.value, judged_by: profileFor(destination.value), tag: freshTag() };
      const whole = `${recipe.name}@${version}`;
      const body = { inputs: sources, knobs: knobs.value, output: `${recipe.name}${endingFor(destination.value)}`, ...more };
      const job = await placeBy((order) => runRecipe(whole, order), body, { recipe: whole, destination: destination.value, options: knobs.value });
      go(`/m/${job.id}`);
    });
  };
  return html`<form onSubmit=${run}><h1>${recipe.name} <span class="small">@${version}</span></h1><p class="hint">${summary}</p>
    ${Object.keys(inputs).map((input) => html`<label key=${input} class="form-file"><input type="file" class="unseen" onChange=${bring(input)} aria-label=${input} />
      ${files.value[input] ? html`<img src=${files.value[input].href} alt="" /><span>${files.value[input].name}</span>` : html`<${Icon} name="plus" size=${28} /><span>${words.publish.bring(input)}</span>`}</label>`)}
    <div class="segments" role="radiogroup" aria-label=${words.publish.destination}>${["print", "model"].map((each) => html`<button type="button" key=${each} role="radio" aria-checked=${String(destination.value === each)} onClick=${() => (destination.value = each)}>${words.drop[each]}</button>`)}</div>
    <div class="knobs">${recipe.knobs.map((option) => html`<${Knob} key=${option.name} option=${option} value=${knobs.value[option.name] ?? null} turn=${turn(option.name)} />`)}</div>
    <button class="button main" disabled=${Object.keys(inputs).some((input) => !files.value[input])}>${words.publish.make}</button></form>`;
}
