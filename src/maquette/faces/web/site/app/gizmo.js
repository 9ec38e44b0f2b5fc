/** Which way is up: three axes that turn with the camera; a click on an end looks from there. */
import { html } from "../vendor/ui.js";
import { state } from "./store.js";
import { words } from "./words.js";
import { viewer } from "../viewer/viewer.js";

/** @type {[string, number, number, string, string][]} */
const ENDS = [
  ["x", 0, 1, "right", "left"], ["x", 0, -1, "left", "right"], ["y", 1, 1, "back", "front"], ["y", 1, -1, "front", "back"],
  ["z", 2, 1, "top", "bottom"], ["z", 2, -1, "bottom", "top"],
];
const AXIS = { x: "axis-x", y: "axis-y", z: "axis-z" };
const REACH = 30;
const FACED = 0.99; // this end hides the other one: a click on it goes round

/** For the hand; the keyboard has the menu of views. */
export function Gizmo() {
  const heading = state.heading.value;
  if (!heading.length) return null;
  const ends = ENDS.map(([axis, column, sign, view, opposite]) => {
    const [x, y, depth] = [0, 1, 2].map((row) => heading[column * 4 + row] * sign);
    return { axis, sign, view, target: depth > FACED ? opposite : view, x: x * REACH, y: -y * REACH, depth };
  }).sort((one, other) => one.depth - other.depth);
  return html`<svg class="gizmo" viewBox="-44 -44 88 88" aria-hidden="true">
    <circle class="gizmo-ground" r="43" />
    ${ends.map(({ axis, sign, view, target, x, y, depth }) => html`<g key=${view} class=${`gizmo-end ${AXIS[axis]} ${sign > 0 ? "" : "minus"} ${depth < -0.2 ? "behind" : ""}`} data-view=${view} onClick=${() => viewer.view(target)}>
      <title>${words.views[target]}</title>
      ${sign > 0 && html`<line x2=${x} y2=${y} />`}<circle cx=${x} cy=${y} r=${sign > 0 ? 9 : 7} />
      ${sign > 0 && html`<text x=${x} y=${y}>${axis.toUpperCase()}</text>`}
    </g>`)}
  </svg>`;
}
