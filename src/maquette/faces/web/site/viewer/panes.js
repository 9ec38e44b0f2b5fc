/** Several models side by side in one picture, under one camera: turning one turns all. */
import { Box3, GLTFLoader, Group, OrbitControls, PerspectiveCamera, Scene, Sphere, Vector3 } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { bytesOf } from "../app/api.js";
import { say, state } from "../app/store.js";
import { VIEWS } from "./modes.js";
import { fitInto, lightOf, pictureOn, skyOf } from "./studio.js";

const ROOM = 1.15; // air around the largest

export class Panes {
  /** @param {HTMLCanvasElement} canvas @param {boolean} alike whether all are shown as large as each other */
  constructor(canvas, alike) {
    this.canvas = canvas;
    this.alike = alike;
    this.panes = [];
    this.renderer = pictureOn(canvas).renderer;
    this.camera = new PerspectiveCamera(28, 1, 0.01, 100);
    this.camera.up.set(0, 0, 1);
    lightOf(this.camera);
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.12, autoRotateSpeed: 2.2, enablePan: false });
    this.controls.addEventListener("change", () => this.draw());
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(canvas.parentElement);
    this.end = effect(() => {
      this.controls.autoRotate = state.turning.value && !matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.draw();
    });
    this.view("iso");
  }

  /** Show models by their addresses, each in its own part of the picture; null leaves its part empty. */
  async show(addresses) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const known = Object.fromEntries(this.panes.filter(Boolean).map((pane) => [pane.address, pane]));
    const panes = await Promise.all(addresses.map((address) => (address ? (known[address] ?? this.#load(address)) : null)));
    if (turn !== this.turn || !this.renderer) return;
    for (const pane of this.panes) if (pane && !panes.includes(pane)) strip(pane.scene);
    this.panes = panes;
    this.#size();
    this.resize();
  }

  async #load(address) {
    try {
      const { scene: thing } = await new GLTFLoader().parseAsync(await bytesOf(address), "");
      const scene = new Scene();
      const model = new Group();
      model.rotation.x = Math.PI / 2;
      model.scale.setScalar(1000);
      model.add(thing);
      model.updateMatrixWorld(true);
      const ball = new Box3().setFromObject(model).getBoundingSphere(new Sphere());
      let triangles = 0;
      thing.traverse((one) => (triangles += one.isMesh ? (one.geometry.index ?? one.geometry.attributes.position).count / 3 : 0));
      scene.add(model, skyOf(1.5));
      return { address, scene, model, ball, triangles };
    } catch (problem) {
      say(problem.message, "error");
      return null;
    }
  }

  /** Each at the origin; true to each other's size, unless all shall look alike. */
  #size() {
    const largest = Math.max(...this.panes.map((pane) => pane?.ball.radius ?? 0), 1e-6);
    for (const pane of this.panes) {
      if (!pane) continue;
      const scale = 1 / (this.alike ? pane.ball.radius : largest);
      pane.model.scale.setScalar(1000 * scale);
      pane.model.position.copy(pane.ball.center).multiplyScalar(-scale);
    }
  }

  view(side) {
    this.side = side;
    const half = (this.camera.fov / 2) * (Math.PI / 180);
    const narrow = Math.min(half, Math.atan(Math.tan(half) * this.camera.aspect));
    this.camera.position.copy(new Vector3(...VIEWS[side]).setLength(ROOM / Math.sin(narrow)));
    this.controls.target.set(0, 0, 0);
    this.controls.update();
    this.draw();
  }

  resize() {
    const before = this.camera.aspect;
    if (!fitInto(this.canvas, this.renderer, this.camera, Math.max(1, this.panes.length))) return;
    if (Math.abs(before - this.camera.aspect) > 1e-6) this.view(this.side);
    this.draw();
  }

  draw() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = undefined;
      if (!this.renderer) return;
      this.controls.update();
      this.#render();
    });
  }

  #render() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const edge = (index) => Math.round((index * width) / Math.max(1, this.panes.length));
    this.renderer.setScissorTest(false);
    this.renderer.clear();
    this.renderer.setScissorTest(true);
    this.panes.forEach((pane, index) => {
      if (!pane) return;
      pane.scene.add(this.camera); // its light comes along
      const part = [edge(index), 0, edge(index + 1) - edge(index), height];
      this.renderer.setViewport(...part);
      this.renderer.setScissor(...part);
      this.renderer.render(pane.scene, this.camera);
    });
  }

  close() {
    this.end();
    this.watching.disconnect();
    this.controls.dispose();
    this.panes.forEach((pane) => pane && strip(pane.scene));
    this.renderer.dispose();
    this.renderer = null;
  }
}

/** Let go of what a scene keeps on the graphics card. */
function strip(scene) {
  scene.traverse((one) => {
    one.geometry?.dispose();
    for (const material of [one.material].flat()) {
      if (!material) continue;
      for (const value of Object.values(material)) if (value?.isTexture) value.dispose();
      material.dispose();
    }
  });
}
