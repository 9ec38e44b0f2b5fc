/** The print layer by layer: the lines that a slicer lays, up to the layer that was chosen, in place of the model. */
import { BufferAttribute, BufferGeometry, Color, Group, LineBasicMaterial, LineSegments } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { change, say, state } from "../app/store.js";
import { words } from "../app/words.js";

const FLOATS = 7; // from, to, height, layer, kind
const LIGHT = [0.62, -0.78]; // walls that look this way are brighter
/** @type {Record<string, string>} */
export const KIND_COLORS = {
  "outer wall": "#e2793b", "inner wall": "#efc164", solid: "#b8573f", infill: "#8d74b8", support: "#4a9d6d", tower: "#9aa0a6", skirt: "#5b8fd0",
  other: "#9aa0a6", outline: "#5f76e8",
};

export class Layers {
  constructor(engine) {
    this.engine = engine;
    this.group = new Group();
    this.group.visible = false;
    engine.scene.add(this.group);
    this.turn = 0;
    this.ends = [
      effect(() => void this.#put(state.mode.value === "layers" && state.shown.value.step === "result" ? state.shown.value.job : "", state.layers.value.by)),
      effect(() => this.#cut(state.layers.value.at)),
    ];
  }

  async #put(job, by) {
    this.engine.dress.hide(Boolean(job), "layers");
    this.group.visible = Boolean(job);
    this.engine.draw();
    if (!job || this.wish === `${job} ${by}`) return;
    this.wish = `${job} ${by}`;
    const turn = (this.turn += 1);
    change(state.layers, { busy: true });
    const answer = await fetch(`/api/jobs/${job}/steps/result/layers?by=${by}`);
    if (turn !== this.turn || !this.engine.renderer) return;
    change(state.layers, { busy: false });
    if (!answer.ok) return say((await answer.json()).message ?? words.legend.none, "error");
    const facts = JSON.parse(answer.headers.get("X-Layers") ?? "{}");
    const numbers = new Float32Array(await answer.arrayBuffer());
    if (turn !== this.turn || !this.engine.renderer) return;
    this.#clear();
    this.#lay(numbers, facts);
    change(state.layers, { facts, at: facts.layers });
  }

  #lay(numbers, facts) {
    const count = numbers.length / FLOATS;
    const positions = new Float32Array(count * 6);
    const colors = new Uint8Array(count * 6);
    const shades = facts.kinds.map((kind) => new Color(KIND_COLORS[kind]).toArray().map((value) => value * 255));
    this.begins = [];
    for (let line = 0; line < count; line += 1) {
      const [x, y, u, v, z, layer, kind] = numbers.subarray(line * FLOATS, line * FLOATS + FLOATS);
      positions.set([x, y, z, u, v, z], line * 6);
      const length = Math.hypot(u - x, v - y) || 1;
      const light = 0.55 + 0.45 * Math.abs(((v - y) * LIGHT[0] - (u - x) * LIGHT[1]) / length);
      for (let channel = 0; channel < 6; channel += 1) colors[line * 6 + channel] = shades[kind][channel % 3] * light;
      while (this.begins.length <= layer) this.begins.push(line); // an empty layer ends where it begins
    }
    this.begins.push(count);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(positions, 3));
    geometry.setAttribute("color", new BufferAttribute(colors, 3, true));
    this.below = new LineSegments(geometry, new LineBasicMaterial({ vertexColors: true }));
    this.below.raycast = () => {};
    this.group.add(this.below);
  }

  /** Show the layers up to one; what lies above is not there yet. */
  #cut(at) {
    if (!this.below) return;
    this.below.geometry.setDrawRange(0, 2 * this.begins[Math.min(at, this.begins.length - 1)]);
    this.engine.draw();
  }

  #clear() {
    this.below?.geometry.dispose();
    this.below?.material.dispose();
    this.below?.removeFromParent();
    this.below = null;
  }

  close() {
    this.turn += 1;
    this.ends.forEach((end) => end());
    this.#clear();
  }
}
