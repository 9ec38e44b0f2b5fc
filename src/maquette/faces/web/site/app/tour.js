/** A tour of five steps over the real page: each says one thing and frames what it is about. */
import { html, useEffect } from "../vendor/ui.js";
import { lookUp } from "./api.js";
import { attempt, orderIntake } from "./orders.js";
import { Button } from "./parts.js";
import { go } from "./router.js";
import { state } from "./store.js";
import { words } from "./words.js";

const PLACES = [".target", ".viewport", ".side.right", ".side.left", ".graph"];

export function Tour() {
  const step = state.tour.value;
  const { screen, job } = state.place.value;
  useEffect(() => {
    const place = step ? document.querySelector(PLACES[step - 1]) : null;
    place?.classList.add("toured");
    return () => place?.classList.remove("toured");
  }, [step, screen, job, state.jobs.value[job]?.order, state.graph.value?.job]);
  if (!step) return null;
  const { title, text } = words.tour.steps[step - 1];
  const close = () => (state.tour.value = 0);
  const next = () => attempt(async () => {
    await lead(step + 1, job);
    state.tour.value = step === PLACES.length ? 0 : step + 1;
  });
  return html`<section class="tour" role="dialog" aria-label=${words.tour.begin}>
    <span class="small">${words.tour.at(step, PLACES.length)}</span><h2>${title}</h2><p>${text}</p>
    <div class="row">${step > 1 && html`<${Button} kind="small" onClick=${() => (state.tour.value = step - 1)}>${words.tour.back}<//>`}<span class="gap"></span>
      <${Button} kind="small" onClick=${close}>${words.tour.end}<//><${Button} kind="small main" onClick=${next}>${step === PLACES.length ? words.tour.done : words.tour.next}<//></div>
  </section>`;
}

/** Go where a step is about; where nothing was made yet, the example is. */
async function lead(step, job) {
  if (step === 2 && !job) {
    const photo = await lookUp("/api/examples/leaf");
    go(`/m/${(await orderIntake({ kind: "photo", slots: { front: photo } }, "print")).id}`);
  }
  if (step > 2 && step < PLACES.length && job) go(`/m/${job}`);
  if (step === PLACES.length && job) go(`/m/${job}/graph`);
}
