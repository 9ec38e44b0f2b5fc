/** Comments on the surface: a click makes one, and each frame says where in the picture they are. */
import { Raycaster, Vector3 } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { addPin } from "../app/comments.js";
import { state } from "../app/store.js";

const STILL_PX = 4;
const REST_MS = 180; // whether the model hides a pin is asked when the camera rests: a ray through every face is slow

export class Pins {
  constructor(engine) {
    this.engine = engine;
    this.hidden = {};
    this.onDown = (event) => (this.pressed = [event.clientX, event.clientY]);
    this.onUp = (event) => this.#click(event);
    engine.canvas.addEventListener("pointerdown", this.onDown);
    engine.canvas.addEventListener("pointerup", this.onUp);
    this.end = effect(() => {
      void state.pins.value;
      void state.shown.value;
      engine.draw();
    });
  }

  #click(event) {
    if (!state.pinning.peek() || Math.hypot(event.clientX - this.pressed[0], event.clientY - this.pressed[1]) > STILL_PX) return;
    const hit = this.engine.hit(event);
    if (hit) addPin(hit.point.toArray().map((mm) => Number(mm.toFixed(3))));
  }

  #here() {
    return Object.entries(state.pins.peek()).filter(([, pin]) => pin.job === state.shown.peek().job);
  }

  /** Where the pins of this version are in the picture. */
  place() {
    const rows = this.#here();
    if (!rows.length && !state.spots.peek().length) return;
    const { clientWidth, clientHeight } = this.engine.canvas;
    state.spots.value = rows.map(([id, pin]) => {
      const { x, y, z } = new Vector3(...pin.at).project(this.engine.camera);
      return { id, x: ((x + 1) / 2) * clientWidth, y: ((1 - y) / 2) * clientHeight, behind: Boolean(this.hidden[id]), out: z > 1 };
    });
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.#hide(rows), REST_MS);
  }

  #hide(rows) {
    if (!this.engine.renderer) return;
    const eye = this.engine.camera.position;
    const slack = this.engine.bounds.radius * 0.01;
    for (const [id, pin] of rows) {
      const toward = new Vector3(...pin.at).sub(eye);
      const [first] = new Raycaster(eye, toward.clone().normalize()).intersectObject(this.engine.model, true);
      this.hidden[id] = Boolean(first) && first.distance < toward.length() - slack;
    }
    state.spots.value = state.spots.peek().map((spot) => ({ ...spot, behind: Boolean(this.hidden[spot.id]) }));
  }

  /** Fly to where a pin is. */
  fly(id) {
    const pin = state.pins.peek()[id];
    if (!pin) return;
    const center = new Vector3(...pin.at);
    const normal = center.clone().sub(this.engine.bounds.center).normalize();
    this.engine.fly({ center, normal, radius: this.engine.bounds.radius * 0.3 });
  }

  close() {
    this.end();
    clearTimeout(this.resting);
    state.spots.value = [];
    this.engine.canvas.removeEventListener("pointerdown", this.onDown);
    this.engine.canvas.removeEventListener("pointerup", this.onUp);
  }
}
