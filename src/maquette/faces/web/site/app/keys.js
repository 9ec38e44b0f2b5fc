/** The keyboard: single keys where nobody is typing. */
import { change, state } from "./store.js";
import { MODES } from "../viewer/modes.js";
import { viewer } from "../viewer/viewer.js";

const ACTIONS = {
  f: () => viewer.frame(),
  " ": () => (state.turning.value = !state.turning.value),
  x: () => change(state.section, { on: !state.section.value.on }),
  r: () => (state.ruler.value = { on: !state.ruler.value.on, points: [], mm: "" }),
  s: () => viewer.save(),
  c: () => state.mayWrite.value && (state.pinning.value = !state.pinning.value),
  p: () => state.overlay.value.camera && change(state.overlay, { on: !state.overlay.value.on }),
};

export function onKey(event) {
  const { target } = event;
  if (event.key === "Escape") escape();
  if (target.closest?.("input:not([type=range]), textarea, select, [role=dialog]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "?") state.drawer.value = "settings";
  else if (event.key === "j") state.drawer.value = "jobs";
  else if (state.place.value.screen === "model") onModelKey(event);
}

function escape() {
  state.drawer.value = "";
  state.tour.value = 0;
  state.camera.value = false;
  state.pinning.value = false;
  if (state.overlay.value.on) change(state.overlay, { on: false });
  if (state.mask.value.open) change(state.mask, { open: false });
  if (state.ruler.value.on) state.ruler.value = { on: false, points: [], mm: "" };
}

function onModelKey(event) {
  const mode = /^\d$/.test(event.key) && MODES[(Number(event.key) + 9) % 10];
  if (mode) state.mode.value = mode;
  const action = ACTIONS[event.key.toLowerCase()];
  if (!action || (event.key === " " && event.target.closest?.("button, a, summary"))) return;
  event.preventDefault();
  action();
}
