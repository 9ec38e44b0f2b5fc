/** Paint on the surface: what was seen, numbers of a check, the faces of a finding. */
import { BufferAttribute, BufferGeometry, Color, DoubleSide, Mesh, MeshStandardMaterial, Sphere, Vector3 } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { say, state } from "../app/store.js";
import { words } from "../app/words.js";
import { CHECK_OF } from "./modes.js";

const FLOATS = 12; // nine coordinates and three values a triangle
const RAMPS = {
  seen: ["#c9a27a", "#3047d6"],
  thickness: ["#b3261e", "#f4efe6", "#3047d6"],
  overhang: ["#3047d6", "#f4efe6", "#b3261e"],
  distance: ["#3047d6", "#f4efe6", "#b3261e"],
  finding: ["#d3312a", "#d3312a"],
  pointed: ["#3047d6", "#3047d6"],
};

export class Paint {
  constructor(engine) {
    this.engine = engine;
    this.coat = null;
    this.turn = 0;
    this.end = effect(() => {
      const { mode, finding, shown } = { mode: state.mode.value, finding: state.finding.value, shown: state.shown.value };
      this.put(mode, finding, shown);
    });
  }

  /** Put on what the mode and the chosen finding ask for. */
  async put(mode, finding, shown) {
    const wish = `${mode} ${mode === "checks" ? finding : ""} ${shown.address}`;
    if (wish === this.wish) return;
    this.wish = wish;
    const turn = (this.turn += 1);
    const job = state.jobs.peek()[shown.job];
    const found = job && shown.step === "result" ? wanted(mode, finding, job) : null;
    const data = found && (await this.#fetch(shown.job, found));
    if (turn !== this.turn || !this.engine.renderer) return;
    this.#wipe();
    if (data) this.#lay(data, found);
    else if (["seen", ...Object.keys(CHECK_OF)].includes(mode) && shown.step === "result") say(words.legend.none);
    this.engine.draw();
  }

  async #fetch(job, { what, number }) {
    const place = what.startsWith("distance/") ? `${what}/paint` : `paint/${what}?n=${number}`;
    const answer = await fetch(`/api/jobs/${job}/steps/result/${place}`);
    if (!answer.ok) return null;
    return { numbers: new Float32Array(await answer.arrayBuffer()), mean: Number(answer.headers.get("X-Mean")) };
  }

  /** @param {{ numbers: Float32Array, mean: number }} data @param {Wanted} wanted */
  #lay({ numbers, mean }, { what, ramp, finding, range }) {
    const count = numbers.length / FLOATS;
    if (!count) return;
    const isWhole = !["finding", "pointed"].includes(ramp);
    const { positions, values } = apart(numbers, count);
    const ends = range ?? extremes(values);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(positions, 3));
    geometry.setAttribute("color", new BufferAttribute(colors(values, RAMPS[ramp], ends), 3));
    geometry.computeVertexNormals();
    const look = { vertexColors: true, roughness: 0.9, side: DoubleSide, polygonOffset: true, polygonOffsetFactor: -1, polygonOffsetUnits: -1 };
    this.coat = new Mesh(geometry, new MeshStandardMaterial({ ...look, clippingPlanes: this.engine.section.planes }));
    this.coat.raycast = () => {};
    this.engine.scene.add(this.coat);
    this.engine.dress.hide(isWhole);
    this.place = whereabouts(positions, geometry.attributes.normal.array);
    this.count = count;
    if (isWhole) state.legend.value = { ramp, colors: RAMPS[ramp], ends, unit: finding?.unit ?? "", share: ramp === "seen" ? Math.round(mean * 100) : null };
    else if (ramp === "finding") this.engine.fly(this.place);
    else if (what === "part") this.engine.fly({ ...this.place, normal: this.engine.toward() });
  }

  #wipe() {
    this.engine.dress.hide(false);
    this.coat?.geometry.dispose();
    this.coat?.material.dispose();
    this.coat?.removeFromParent();
    this.coat = null;
    this.count = 0;
    state.legend.value = null;
  }

  clip(planes) {
    if (this.coat) this.coat.material.clippingPlanes = planes;
  }

  /** How many triangles are painted, and whether their middle is in the picture. */
  facts() {
    if (!this.coat) return null;
    const seen = this.place.center.clone().project(this.engine.camera);
    return { triangles: this.count, inView: Math.abs(seen.x) < 1 && Math.abs(seen.y) < 1 && seen.z < 1 };
  }

  close() {
    this.end();
    this.turn += 1;
    this.#wipe();
  }
}

/**
 * @typedef {{ what: string, number: number, ramp: string, finding?: any, range?: number[] }} Wanted
 */

/** What a mode paints: which of the server's paints, in which colours, between which ends. @returns {Wanted | null} */
function wanted(mode, id, job) {
  if (mode === "seen") return { what: "seen", number: 0, ramp: "seen", range: [0, 1] };
  if (mode === "checks") {
    if (id.startsWith("distance/")) return { what: id, number: 0, ramp: "distance", finding: { unit: "mm" }, range: [0, Math.max(state.against.peek().apart?.most ?? 1, 1e-3)] };
    const [, kind, number] = /^(part|color)\/(\d+)$/.exec(id) ?? [];
    if (kind) return { what: kind, number: Number(number), ramp: "pointed" };
    const finding = job.findings.find((one) => one.id === id);
    return finding?.face_count ? { what: finding.node.slice(6), number: finding.n, ramp: "finding", finding } : null;
  }
  const finding = CHECK_OF[mode] && job.findings.find((one) => one.node === `check ${CHECK_OF[mode]}`);
  if (!finding) return null;
  const limit = parseFloat((finding.limit.match(/[\d.]+/) ?? [])[0]);
  const range = mode === "overhang" ? [0, 90] : [0, 2 * (limit || 1)];
  return { what: CHECK_OF[mode], number: finding.n, ramp: mode, finding: { ...finding, unit: mode === "overhang" ? "°" : "mm" }, range };
}

function apart(numbers, count) {
  const positions = new Float32Array(count * 9);
  const values = new Float32Array(count * 3);
  for (let face = 0; face < count; face += 1) {
    positions.set(numbers.subarray(face * FLOATS, face * FLOATS + 9), face * 9);
    values.set(numbers.subarray(face * FLOATS + 9, face * FLOATS + 12), face * 3);
  }
  return { positions, values };
}

function extremes(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high === low ? low + 1 : high];
}

/** @param {Float32Array} values @param {string[]} names @param {number[]} ends */
function colors(values, names, [low, high]) {
  const stops = names.map((name) => new Color(name));
  const result = new Float32Array(values.length * 3);
  const mixed = new Color();
  values.forEach((value, index) => {
    const place = Math.min(1, Math.max(0, (value - low) / (high - low))) * (stops.length - 1);
    const step = Math.min(stops.length - 2, Math.floor(place));
    mixed.lerpColors(stops[step], stops[step + 1], place - step).toArray(result, index * 3);
  });
  return result;
}

/** The middle of some triangles, which way they look on the whole, and how far they reach; of many a sample. */
function whereabouts(positions, normals) {
  const step = Math.max(1, Math.floor(positions.length / 3 / 3000)) * 3;
  const points = [];
  const normal = new Vector3();
  for (let index = 0; index < positions.length; index += step) {
    points.push(new Vector3(positions[index], positions[index + 1], positions[index + 2]));
    normal.add(new Vector3(normals[index], normals[index + 1], normals[index + 2]));
  }
  const ball = new Sphere().setFromPoints(points);
  if (normal.length() < points.length * 0.05) normal.set(-0.62, -1, 0.5);
  return { center: ball.center, radius: ball.radius, normal: normal.normalize() };
}
