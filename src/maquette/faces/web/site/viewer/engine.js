/** The drawing side of the viewer: a scene in millimetres with +Z up, drawn only when something changed. */
import { Box3, Color, DirectionalLight, GLTFLoader, Group, OrbitControls, PerspectiveCamera, Raycaster, Scene, Sphere, Vector2, Vector3 } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { bytesOf } from "../app/api.js";
import { change, say, state } from "../app/store.js";
import { Dress } from "./dress.js";
import { Ground } from "./ground.js";
import { Layers } from "./layers.js";
import { VIEWS } from "./modes.js";
import { Overlay } from "./overlay.js";
import { Paint } from "./paint.js";
import { Pins } from "./pins.js";
import { Ruler } from "./ruler.js";
import { Section } from "./section.js";
import { fitInto, lightOf, pictureOn, skyOf } from "./studio.js";

const FLIGHT_MS = 420;
const SLOW_MS = 45; // a frame that takes longer is felt
const PAUSE_MS = 400; // two drawings further apart are no motion
const REST_MS = 200;
const COARSE = 0.5; // of the pixels' sides, while it moves on a slow machine
const ASIDE = 1.12; // how much air stands around a framed model

export class Engine {
  constructor(canvas) {
    this.canvas = canvas;
    this.address = "";
    this.triangles = 0;
    const { renderer, ratio } = pictureOn(canvas);
    this.renderer = renderer;
    this.ratio = ratio;
    this.scene = new Scene();
    this.camera = new PerspectiveCamera(28, 1, 1, 10000);
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enableDamping: true, dampingFactor: 0.12, autoRotateSpeed: 2.2, zoomToCursor: true });
    this.model = new Group();
    this.model.rotation.x = Math.PI / 2; // glTF has metres and +Y up
    this.model.scale.setScalar(1000);
    this.scene.add(this.model, this.camera);
    this.bounds = new Sphere(new Vector3(), 50);
    this.#light();
    this.ground = new Ground(this);
    this.dress = new Dress(this);
    this.section = new Section(this);
    this.paint = new Paint(this);
    this.ruler = new Ruler(this);
    this.overlay = new Overlay(this);
    this.layers = new Layers(this);
    this.pins = new Pins(this);
    this.#listen();
    this.resize();
  }

  #light() {
    lightOf(this.camera);
    const rim = new DirectionalLight(0xdfe6ff, 0.7);
    rim.position.set(0.9, 0.2, -1);
    rim.target.position.set(0, 0, -1);
    this.camera.add(rim, rim.target);
    this.scene.add(skyOf(1.35));
  }

  #listen() {
    this.controls.addEventListener("change", () => this.draw());
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(this.canvas.parentElement);
    this.ends = [
      effect(() => {
        this.controls.autoRotate = state.turning.value && !matchMedia("(prefers-reduced-motion: reduce)").matches;
        this.draw();
      }),
      effect(() => {
        void state.theme.value;
        requestAnimationFrame(() => {
          this.ground.draw();
          this.draw();
        });
      }),
    ];
  }

  /** Load a model and put it in the other's place; `isStale` says whether somebody wants another by now. */
  async load(wish, isStale) {
    change(state.shown, { busy: true });
    try {
      const bytes = await bytesOf(wish.address);
      const { scene } = await new GLTFLoader().parseAsync(bytes, "");
      if (isStale() || !this.renderer) return;
      this.#place(scene, wish);
    } catch (problem) {
      if (problem.status !== 404) say(problem.message, "error");
    } finally {
      if (!isStale()) change(state.shown, { busy: false });
    }
  }

  #place(scene, wish) {
    const isFirst = !this.address;
    this.dress.strip();
    this.model.clear();
    this.model.add(scene);
    this.model.updateMatrixWorld(true);
    this.address = wish.address;
    const box = new Box3().setFromObject(this.model);
    const before = this.bounds.radius;
    box.getBoundingSphere(this.bounds);
    this.box = box;
    this.triangles = this.dress.fit(scene);
    this.ground.fit(box);
    this.section.fit(box);
    this.ruler.clear();
    const size = box.getSize(new Vector3()).toArray();
    change(state.shown, { address: wish.address, job: wish.job, step: wish.step, rough: wish.rough, triangles: this.triangles, size });
    if (isFirst || Math.abs(before / this.bounds.radius - 1) > 0.03) this.frame(isFirst ? "iso" : "");
    this.draw();
  }

  /** All of the printer's space in view, or of the model again. */
  showBed(size) {
    if (!size) return this.frame();
    const radius = Math.hypot(...size) / 2;
    const center = this.bounds.center.clone().setZ(this.box.min.z + size[2] / 2);
    return this.#flyTo(center, this.toward(), radius, false);
  }

  /** All of the model in view, from where one stands or from a named side. */
  frame(side = "") {
    const toward = side ? new Vector3(...VIEWS[side]) : this.toward();
    this.#flyTo(this.bounds.center, toward, this.bounds.radius, side === "iso");
  }

  /** Where on the model a pointer is: {point, face}, or nothing. */
  hit(event) {
    const area = this.canvas.getBoundingClientRect();
    const place = new Vector2(((event.clientX - area.left) / area.width) * 2 - 1, 1 - ((event.clientY - area.top) / area.height) * 2);
    const ray = new Raycaster();
    ray.setFromCamera(place, this.camera);
    return ray.intersectObject(this.model, true)[0] ?? null;
  }

  /** Where the camera stands and what it looks at, six numbers; given some, go there at once. */
  get eye() {
    return [...this.camera.position.toArray(), ...this.controls.target.toArray()].map((value) => Number(value.toPrecision(6)));
  }

  set eye(numbers) {
    this.overlay.leave();
    this.flight = null;
    this.camera.position.set(...numbers.slice(0, 3));
    this.controls.target.set(...numbers.slice(3));
    this.controls.update();
    this.draw();
  }

  /** From the model to whoever looks. */
  toward() {
    return this.camera.position.clone().sub(this.controls.target).normalize();
  }

  view(side) {
    this.overlay.leave();
    this.frame(side);
  }

  /** Look from a direction at once. */
  look(toward) {
    this.#flyTo(this.bounds.center, toward, this.bounds.radius, true);
  }

  /** Fly to where some triangles can be seen. */
  fly({ center, normal, radius }) {
    this.overlay.leave();
    const toward = normal.clone().setZ(Math.max(normal.z, -0.6)).add(new Vector3(0, 0, 0.15));
    this.#flyTo(center, toward, Math.max(radius * 1.6, this.bounds.radius * 0.22), false);
  }

  #flyTo(target, toward, radius, atOnce) {
    const half = (this.camera.fov / 2) * (Math.PI / 180);
    const narrow = Math.min(half, Math.atan(Math.tan(half) * this.camera.aspect));
    const end = target.clone().add(toward.clone().normalize().multiplyScalar((radius * ASIDE) / Math.sin(narrow)));
    this.camera.near = Math.max(this.bounds.radius / 200, 0.01);
    this.camera.far = Math.max(this.bounds.radius, radius) * 60;
    this.camera.updateProjectionMatrix();
    if (atOnce || matchMedia("(prefers-reduced-motion: reduce)").matches) {
      this.camera.position.copy(end);
      this.controls.target.copy(target);
      this.flight = null;
      this.controls.update();
      this.draw();
      return;
    }
    this.flight = { start: performance.now(), from: this.camera.position.clone(), fromTarget: this.controls.target.clone(), end, target: target.clone() };
    this.draw();
  }

  #advance(now) {
    const { start, from, fromTarget, end, target } = this.flight;
    const share = Math.min(1, (now - start) / FLIGHT_MS);
    const eased = 1 - (1 - share) ** 3;
    this.controls.target.lerpVectors(fromTarget, target, eased);
    const straight = from.clone().lerp(end, eased).sub(this.controls.target);
    const length = from.distanceTo(fromTarget) * (1 - eased) + end.distanceTo(target) * eased;
    this.camera.position.copy(this.controls.target).add(straight.setLength(length)); // around it, not through it
    if (share === 1) this.flight = null;
    this.draw();
  }

  /** Draw in the next frame; many wishes are one drawing. */
  draw() {
    this.asked ??= requestAnimationFrame((now) => {
      this.asked = undefined;
      if (!this.renderer) return;
      this.#pace(now);
      if (this.flight) this.#advance(now);
      this.controls.update();
      this.render();
    });
  }

  /** Fewer pixels while it moves where frames are slow; all of them as soon as it rests. */
  #pace(now) {
    const took = now - (this.drawn ?? 0);
    this.drawn = now;
    if (took < PAUSE_MS) this.slow = Math.max(0, (this.slow ?? 0) + (took > SLOW_MS ? 1 : -1));
    if (this.slow > 2 && !this.coarse) this.#sharpen(false);
    clearTimeout(this.resting);
    if (this.coarse) this.resting = setTimeout(() => this.#sharpen(true), REST_MS);
  }

  #sharpen(isSharp) {
    if (!this.renderer) return;
    this.coarse = !isSharp;
    this.slow = 0;
    this.renderer.setPixelRatio(this.ratio * (isSharp ? 1 : COARSE));
    if (isSharp) this.draw();
  }

  /** Draw at once, through the photo's camera where the photo lies over the model. */
  render() {
    const eye = this.overlay.lens ?? this.camera;
    this.renderer.render(this.scene, eye);
    const heading = eye.matrixWorldInverse.elements.slice(0, 11);
    if (heading.some((value, index) => Math.abs(value - (state.heading.peek()[index] ?? 9)) > 1e-3)) state.heading.value = heading;
    this.pins.place();
    if (JSON.stringify(this.eye) !== JSON.stringify(state.eye.peek())) state.eye.value = this.eye;
  }

  resize() {
    if (!fitInto(this.canvas, this.renderer, this.camera)) return;
    this.overlay.fit();
    this.draw();
  }

  /** The picture as it stands, with the page's ground behind it. */
  picture() {
    this.#sharpen(true);
    this.scene.background = new Color(getComputedStyle(this.canvas.parentElement).backgroundColor);
    this.render();
    const taken = new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
    this.scene.background = null;
    this.draw();
    return taken;
  }

  close() {
    clearTimeout(this.resting);
    this.ends.forEach((end) => end());
    [this.dress, this.section, this.paint, this.ruler, this.overlay, this.layers, this.pins, this.ground].forEach((part) => part.close());
    this.watching.disconnect();
    this.controls.dispose();
    this.renderer.dispose();
    this.renderer = null;
  }
}
