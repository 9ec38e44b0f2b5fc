/** Notes and frames on the canvas. */
import { html } from "../vendor/ui.js";
import { Button } from "../app/parts.js";
import { change, state } from "../app/store.js";
import { words } from "../app/words.js";
import { commit } from "./doc.js";
import { nameGroup, removeNote, ungroup, writeNote } from "./marks.js";
import { NODE_WIDTH } from "./node.js";

const NODE_HEIGHT = 162;
const AROUND = 16;
const TITLE = 30;
const LONGEST = 2000;

const put = (now) => (state.graph.value = commit(state.graph.value, now));

/** A field of the document that changes with every key and is one gesture once it is left. */
function field(write, value) {
  const onInput = (event) => {
    const doc = state.graph.value;
    change(state.graph, { now: write(doc.now, event.target.value), typed: doc.typed ?? value });
  };
  const onChange = (event) => {
    const { typed, ...doc } = state.graph.value;
    if (typed !== undefined) state.graph.value = commit({ ...doc, now: write(doc.now, typed) }, write(doc.now, event.target.value));
  };
  return { value, onInput, onChange, onBlur: onChange, onPointerDown: (event) => event.stopPropagation() };
}

/** A note. */
export function Note({ id, note, onGrab }) {
  const doc = state.graph.value;
  const born = (box) => box && doc.born === id && (box.focus(), change(state.graph, { born: "" }));
  const typed = field((now, text) => (now.notes[id] ? writeNote(now, id, text) : now), note.text);
  return html`<div class="note" style=${{ transform: `translate(${note.at[0]}px, ${note.at[1]}px)` }} role="group" aria-label=${words.graph.note} data-note=${id} onPointerDown=${onGrab}>
    <textarea ref=${born} maxlength=${LONGEST} placeholder=${words.graph.noteHint} aria-label=${words.graph.note} ...${typed}></textarea>
    <${Button} kind="icon" icon="close" label=${words.graph.removeNote} onClick=${() => put(removeNote(state.graph.value.now, id))} />
  </div>`;
}

/** A frame as large as its steps need; its title moves them all. */
export function Frame({ id, group, places, onGrab }) {
  const points = group.steps.filter((name) => places[name]).map((name) => places[name]);
  if (!points.length) return null;
  const [left, top] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])) - AROUND);
  const width = Math.max(...points.map(([x]) => x)) + NODE_WIDTH + AROUND - left;
  const height = Math.max(...points.map(([, y]) => y)) + NODE_HEIGHT + AROUND - top + TITLE;
  const titled = field((now, title) => (now.groups[id] ? nameGroup(now, id, title) : now), group.title);
  const style = { transform: `translate(${left}px, ${top - TITLE}px)`, width: `${width}px`, height: `${height}px` };
  return html`<div class="frame" style=${style} role="group" aria-label=${`${words.graph.group}: ${group.title}`} data-group=${id}>
    <div class="frame-head" onPointerDown=${onGrab}><input type="text" maxlength="100" aria-label=${words.graph.groupName} ...${titled} />
      <${Button} kind="icon" icon="close" label=${words.graph.ungroup} onClick=${() => put(ungroup(state.graph.value.now, id))} /></div>
  </div>`;
}
