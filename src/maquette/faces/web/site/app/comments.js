/** Comments pinned to places of a model: everybody who looks at it sees them, on the surface and as a list. */
import { batch, html } from "../vendor/ui.js";
import { Button } from "./parts.js";
import { go } from "./router.js";
import { state } from "./store.js";
import { words } from "./words.js";
import { viewer } from "../viewer/viewer.js";

const LONGEST = 2000;

/** A comment at a place of the model in view, open to be written. */
export function addPin(at) {
  const id = Math.random().toString(36).slice(2, 10);
  const pin = { text: "", at, job: state.shown.peek().job, by: state.name.peek(), t: Math.round(Date.now() / 1000) };
  batch(() => {
    state.pins.value = { ...state.pins.peek(), [id]: pin };
    state.pin.value = id;
    state.pinning.value = false;
  });
}

function removePin(id) {
  const { [id]: _, ...pins } = state.pins.peek();
  state.pins.value = pins;
}

const inOrder = () => Object.entries(state.pins.value).sort(([one, { t }], [other, { t: u }]) => t - u || (one < other ? -1 : 1));

export function CommentsPanel({ job }) {
  const rows = inOrder();
  if (!rows.length) return null;
  return html`<section class="comments" aria-labelledby="comments"><h2 id="comments">${words.comments.title}</h2>
    <ol>${rows.map(([id, pin], index) => html`<${Comment} key=${id} id=${id} pin=${pin} number=${index + 1} isHere=${pin.job === job.id} />`)}</ol></section>`;
}

function Comment({ id, pin, number, isHere }) {
  const isOpen = state.pin.value === id;
  const open = () => {
    if (!isHere) go(`/m/${pin.job}`);
    state.pin.value = id;
    viewer.flyToPin(id);
  };
  const write = (event) => state.pins.peek()[id] && (state.pins.value = { ...state.pins.peek(), [id]: { ...state.pins.peek()[id], text: event.target.value } });
  const born = (field) => field && isOpen && !pin.text && document.activeElement !== field && field.focus();
  return html`<li class=${isOpen ? "shown" : ""} data-pin=${id}>
    <button type="button" class="pin-mark" aria-label=${words.comments.fly(number)} onClick=${open}>${number}</button>
    <div><span class="small">${pin.by || words.people.nameless} · ${new Date(pin.t * 1000).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" })}${!isHere && ` · ${words.comments.onOther}`}</span>
      ${isOpen ? html`<textarea ref=${born} maxlength=${LONGEST} value=${pin.text} placeholder=${words.comments.hint} aria-label=${words.comments.place(number)} onInput=${write}></textarea>` : html`<p>${pin.text}</p>`}</div>
    <${Button} kind="icon" icon="close" label=${words.comments.remove} onClick=${() => removePin(id)} /></li>`;
}

/** The marks on the picture. */
export function PinSpots() {
  const numbers = Object.fromEntries(inOrder().map(([id], index) => [id, index + 1]));
  return html`<div class="pin-spots">${state.spots.value.filter((spot) => !spot.out && numbers[spot.id]).map((spot) => html`<button type="button" key=${spot.id} class=${`pin-mark ${spot.behind ? "behind" : ""} ${state.pin.value === spot.id ? "shown" : ""}`} title=${state.pins.value[spot.id]?.text}
    aria-label=${words.comments.place(numbers[spot.id])} style=${{ left: `${spot.x}px`, top: `${spot.y}px` }} onClick=${() => (state.pin.value = spot.id)}>${numbers[spot.id]}</button>`)}</div>`;
}
