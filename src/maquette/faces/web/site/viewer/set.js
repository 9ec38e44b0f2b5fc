/** A set: several models where somebody put them, moved by hand on the ground, seen by one camera. */
import { Box3, BufferGeometry, GLTFLoader, GridHelper, Group, Line, LineBasicMaterial, OrbitControls, PerspectiveCamera, Plane, Raycaster, Scene, Sphere, Vector2, Vector3 } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { bytesOf } from "../app/api.js";
import { say, state } from "../app/store.js";
import { fitInto, lightOf, pictureOn, skyOf } from "./studio.js";

const STILL_PX = 4;
const LENS_DEG = 24; // that of `aim`, so that the picture shows what the screen shows
const SEGMENTS = 48;

export class SetView {
  /** @param {HTMLCanvasElement} canvas @param {(id: string, where: number[]) => void} moved told when a thing was let go */
  constructor(canvas, moved) {
    this.canvas = canvas;
    this.moved = moved;
    this.things = new Map();
    this.wanted = new Map();
    this.renderer = pictureOn(canvas).renderer;
    this.scene = new Scene();
    this.camera = new PerspectiveCamera(LENS_DEG, 1, 1, 20000);
    this.camera.up.set(0, 0, 1);
    this.camera.position.set(210, -300, 170);
    lightOf(this.camera);
    const grid = new GridHelper(1000, 50, 0x888888, 0x888888);
    grid.rotation.x = Math.PI / 2;
    Object.assign(grid.material, { transparent: true, opacity: 0.25 });
    this.ring = new Line(circle(), new LineBasicMaterial({ color: 0x3047d6 }));
    this.scene.add(this.camera, skyOf(1.5), grid, this.ring);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.target.set(0, 0, 30);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.12 });
    this.controls.addEventListener("change", () => this.draw());
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(canvas.parentElement);
    this.onDown = (event) => this.#down(event);
    this.onMove = (event) => this.#drag(event);
    this.onUp = () => this.#drop();
    canvas.addEventListener("pointerdown", this.onDown, true);
    addEventListener("pointermove", this.onMove);
    addEventListener("pointerup", this.onUp);
    this.end = effect(() => this.put(state.things.value, state.thing.value));
    this.resize();
  }

  /** Put things where they are said to be; models are fetched once. */
  put(rows, chosen) {
    for (const [id, thing] of this.things) if (!rows[id] || rows[id].job !== thing.job) this.#take(id, thing);
    for (const [id, row] of Object.entries(rows)) {
      const thing = this.things.get(id);
      if (!thing) this.#fetch(id, row.job);
      else if (this.dragged?.id !== id) pose(thing, row);
    }
    this.chosen = chosen;
    this.#mark();
    this.draw();
  }

  #take(id, thing) {
    thing.pivot.removeFromParent();
    thing.pivot.traverse((one) => one.geometry?.dispose());
    this.things.delete(id);
  }

  async #fetch(id, job) {
    if (this.wanted.get(id) === job) return;
    this.wanted.set(id, job);
    try {
      const { scene } = await new GLTFLoader().parseAsync(await bytesOf(`/api/jobs/${job}/steps/result/view`), "");
      if (!this.renderer || state.things.peek()[id]?.job !== job) return;
      const model = new Group();
      model.rotation.x = Math.PI / 2;
      model.scale.setScalar(1000);
      model.add(scene);
      model.updateMatrixWorld(true);
      const box = new Box3().setFromObject(model);
      const middle = box.getCenter(new Vector3());
      model.position.set(-middle.x, -middle.y, -box.min.z);
      const pivot = new Group();
      pivot.add(model);
      pivot.userData.id = id;
      this.scene.add(pivot);
      const isFirst = !this.things.size;
      this.things.set(id, { job, pivot, radius: box.getBoundingSphere(new Sphere()).radius, reach: Math.hypot(box.max.x - middle.x, box.max.y - middle.y) });
      this.put(state.things.peek(), state.thing.peek());
      if (isFirst) this.frame();
    } catch (problem) {
      say(problem.message, "error");
    } finally {
      this.wanted.delete(id);
    }
  }

  #mark() {
    const thing = this.things.get(this.chosen);
    this.ring.visible = Boolean(thing);
    if (!thing) return;
    this.ring.position.copy(thing.pivot.position).setZ(thing.pivot.position.z + 0.2);
    this.ring.scale.setScalar(thing.reach * thing.pivot.scale.x * 1.08);
  }

  #ray(event) {
    const area = this.canvas.getBoundingClientRect();
    const ray = new Raycaster();
    ray.setFromCamera(new Vector2(((event.clientX - area.left) / area.width) * 2 - 1, 1 - ((event.clientY - area.top) / area.height) * 2), this.camera);
    return ray;
  }

  #down(event) {
    if (event.button) return;
    const ray = this.#ray(event);
    const pivots = [...this.things.values()].map((thing) => thing.pivot);
    const [hit] = ray.intersectObjects(pivots, true);
    let owner = hit?.object;
    while (owner && !owner.userData.id) owner = owner.parent;
    state.thing.value = owner?.userData.id ?? "";
    if (!owner || !state.mayWrite.peek()) return;
    this.controls.enabled = false;
    const ground = new Plane(new Vector3(0, 0, 1), -hit.point.z);
    this.dragged = { id: owner.userData.id, ground, grip: hit.point.clone().sub(owner.position), from: [event.clientX, event.clientY] };
  }

  #drag(event) {
    if (!this.dragged) return;
    const { id, ground, grip, from } = this.dragged;
    if (!this.dragged.far && Math.hypot(event.clientX - from[0], event.clientY - from[1]) < STILL_PX) return;
    const at = this.#ray(event).ray.intersectPlane(ground, new Vector3());
    const thing = this.things.get(id);
    if (!at || !thing) return;
    this.dragged.far = true;
    thing.pivot.position.set(at.x - grip.x, at.y - grip.y, thing.pivot.position.z);
    this.#mark();
    this.draw();
  }

  #drop() {
    if (!this.dragged) return;
    const { id, far } = this.dragged;
    this.dragged = null;
    this.controls.enabled = true;
    const thing = this.things.get(id);
    if (far && thing) this.moved(id, thing.pivot.position.toArray().map((mm) => Number(mm.toFixed(2))));
  }

  /** Everything in view. */
  frame() {
    const box = new Box3();
    for (const { pivot } of this.things.values()) box.expandByObject(pivot);
    if (box.isEmpty()) return;
    const { center, radius } = box.getBoundingSphere(new Sphere());
    const toward = this.camera.position.clone().sub(this.controls.target).normalize();
    const narrow = Math.min(LENS_DEG / 2, LENS_DEG / 2 * this.camera.aspect) * (Math.PI / 180);
    this.controls.target.copy(center);
    this.camera.position.copy(center).add(toward.multiplyScalar((radius * 1.1) / Math.sin(narrow)));
    this.camera.far = radius * 100 + 2000;
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  /** The camera as the stage `aim` takes it. */
  get aim() {
    const { x, y, z } = this.controls.target;
    const from = this.camera.position.clone().sub(this.controls.target);
    const far = from.length();
    const round = (value) => Number(value.toFixed(3));
    return { azimuth_deg: round((Math.atan2(from.x, -from.y) * 180) / Math.PI), elevation_deg: round(Math.max(-89, Math.min(89, (Math.asin(from.z / far) * 180) / Math.PI))), distance_mm: round(far), lens_deg: LENS_DEG, x_mm: round(x), y_mm: round(y), z_mm: round(z) };
  }

  resize() {
    if (fitInto(this.canvas, this.renderer, this.camera)) this.draw();
  }

  draw() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = undefined;
      if (!this.renderer) return;
      this.controls.update();
      this.renderer.render(this.scene, this.camera);
    });
  }

  close() {
    this.end();
    this.watching.disconnect();
    removeEventListener("pointermove", this.onMove);
    removeEventListener("pointerup", this.onUp);
    this.controls.dispose();
    for (const [id, thing] of this.things) this.#take(id, thing);
    this.renderer.dispose();
    this.renderer = null;
  }
}

function pose({ pivot }, { x, y, z, turn, scale }) {
  pivot.position.set(x, y, z);
  pivot.rotation.z = (turn * Math.PI) / 180;
  pivot.scale.setScalar(scale);
}

function circle() {
  return new BufferGeometry().setFromPoints(Array.from({ length: SEGMENTS + 1 }, (_, index) => new Vector3(Math.cos((index / SEGMENTS) * 2 * Math.PI), Math.sin((index / SEGMENTS) * 2 * Math.PI), 0)));
}
