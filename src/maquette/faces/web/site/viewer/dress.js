/** How the model is dressed: its own look, clay, wires, normals, a UV checker, or nothing under paint. */
import { BackSide, CanvasTexture, Mesh, MeshBasicMaterial, MeshNormalMaterial, MeshStandardMaterial, RepeatWrapping, SRGBColorSpace } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { say, state } from "../app/store.js";
import { words } from "../app/words.js";

const CLAY = 0xcfc8bc;
const INSIDE = 0x5b6ee0;

export class Dress {
  constructor(engine) {
    this.engine = engine;
    this.meshes = [];
    this.extra = [];
    this.hiders = new Set();
    this.end = effect(() => this.put(state.mode.value));
  }

  /** Note a new model's meshes; how many triangles they have. */
  fit(scene) {
    this.meshes = [];
    scene.traverse((one) => one.isMesh && this.meshes.push({ mesh: one, own: one.material }));
    this.put(state.mode.peek());
    for (const { mesh } of this.meshes) mesh.visible = !this.hiders.size;
    return this.meshes.reduce((sum, { mesh }) => sum + (mesh.geometry.index ?? mesh.geometry.attributes.position).count / 3, 0);
  }

  put(mode) {
    if (!this.meshes.length) return;
    this.#undress();
    if (mode === "uv" && !this.meshes.some(({ mesh }) => mesh.geometry.attributes.uv)) say(words.legend.noUv);
    for (const { mesh, own } of this.meshes) {
      mesh.material = this.#material(mode, mesh, own);
      mesh.material.clippingPlanes = this.engine.section?.planes ?? null;
      if (mode === "wire") this.#add(mesh, new MeshBasicMaterial({ color: 0x1f2f9c, wireframe: true, transparent: true, opacity: 0.55 }));
      if (this.engine.section?.planes) this.#add(mesh, new MeshBasicMaterial({ color: INSIDE, side: BackSide }));
    }
    this.engine.draw();
  }

  #material(mode, mesh, own) {
    if (mode === "look") return own;
    if (mode === "normals") return this.#fresh(new MeshNormalMaterial());
    if (mode === "uv" && mesh.geometry.attributes.uv) return this.#fresh(new MeshStandardMaterial({ map: checker(), roughness: 0.9 }));
    const offset = { polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 1 };
    return this.#fresh(new MeshStandardMaterial({ color: CLAY, roughness: 0.85, ...offset }));
  }

  #fresh(material) {
    this.extra.push(material);
    return material;
  }

  /** One more mesh over the same triangles. */
  #add(mesh, material) {
    const over = new Mesh(mesh.geometry, this.#fresh(material));
    material.clippingPlanes = this.engine.section?.planes ?? null;
    over.raycast = () => {};
    mesh.add(over);
    this.extra.push({ dispose: () => over.removeFromParent() });
  }

  /** Show or hide the model itself, where paint or its layers stand in its place; it shows once nobody hides it. */
  hide(hidden, who = "paint") {
    if (hidden) this.hiders.add(who);
    else this.hiders.delete(who);
    for (const { mesh } of this.meshes) mesh.visible = !this.hiders.size;
  }

  #undress() {
    this.extra.forEach((one) => one.dispose());
    this.extra = [];
  }

  /** Let go of the model's memory. */
  strip() {
    this.#undress();
    for (const { mesh, own } of this.meshes) {
      mesh.geometry.dispose();
      Object.values(own).forEach((value) => value?.isTexture && value.dispose());
      own.dispose();
    }
    this.meshes = [];
  }

  close() {
    this.end();
    this.strip();
  }
}

/** Squares with a letter's asymmetry: stretch, seams and mirroring show at once. */
function checker() {
  const side = 256;
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pen = canvas.getContext("2d");
  const cell = side / 8;
  for (let row = 0; row < 8; row += 1)
    for (let column = 0; column < 8; column += 1) {
      pen.fillStyle = (row + column) % 2 ? `hsl(${column * 45} 60% 72%)` : "#f4f2ee";
      pen.fillRect(column * cell, row * cell, cell, cell);
      pen.fillStyle = "#0006";
      pen.font = "14px sans-serif";
      pen.fillText(`${"ABCDEFGH"[column]}${row + 1}`, column * cell + 5, row * cell + 21);
    }
  const texture = new CanvasTexture(canvas);
  Object.assign(texture, { wrapS: RepeatWrapping, wrapT: RepeatWrapping, colorSpace: SRGBColorSpace, anisotropy: 4 });
  texture.repeat.set(3, 3);
  return texture;
}
