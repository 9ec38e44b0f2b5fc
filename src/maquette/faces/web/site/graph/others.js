/** The others on the same graph: their changes, their cursors, what they have picked. */
import { effect, html } from "../vendor/ui.js";
import { state } from "../app/store.js";
import { enter, hueOf, nameOf } from "../app/together.js";
import { flat, whole } from "./flat.js";

const sorted = (rows) => JSON.stringify(Object.entries(rows).sort(([one], [other]) => (one < other ? -1 : 1)));

/** Share a job's graph with whoever has it open; what ends it. */
export function joinGraph(job) {
  const begun = flat(state.graph.peek().now);
  let latest = begun;
  const room = enter(`graph/${job}`, {
    begin: () => begun,
    rows: () => latest,
    put: (rows) => {
      const doc = state.graph.peek();
      if (doc?.job !== job || sorted(rows) === sorted(latest)) return;
      const fresh = latest === begun && !doc.past.length; // the first word of the room: all of it comes into view
      state.graph.value = { ...doc, now: whole(rows), ...(fresh ? { camera: null } : {}) };
    },
  });
  const end = effect(() => {
    const doc = state.graph.value;
    if (doc?.job !== job) return;
    latest = flat(doc.now);
    room.tell();
    room.show({ picked: doc.picked });
  });
  return () => {
    end();
    room.leave();
  };
}

/** Where one's own pointer is, for the others. */
export function showCursor(at) {
  state.room.peek()?.show({ cursor: at && at.map(Math.round) });
}

const others = () => Object.entries(state.people.value).filter(([, one]) => one.name !== undefined);

export function Cursors() {
  return others().filter(([, { cursor }]) => cursor).map(([id, one]) => html`<div class="cursor" key=${id} style=${{ transform: `translate(${one.cursor[0]}px, ${one.cursor[1]}px)`, "--who": hueOf(one) }}>
    <svg width="16" height="18" viewBox="0 0 16 18" aria-hidden="true"><path d="M1 1l13 9-6 1-3 6z" /></svg><span>${nameOf(one)}</span></div>`);
}

/** Who has picked a step. */
export function Pickers({ name }) {
  const here = others().filter(([, one]) => one.picked === name);
  if (!here.length) return null;
  return html`<div class="picked-by" style=${{ "--who": hueOf(here[0][1]) }}><span>${here.map(([, one]) => nameOf(one)).join(", ")}</span></div>`;
}
