/** A plane that cuts the model open; what was inside shows in one flat colour. */
import { Plane, Vector3 } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { state } from "../app/store.js";

const AXES = { x: [-1, 0, 0], y: [0, 1, 0], z: [0, 0, -1] };

export class Section {
  constructor(engine) {
    this.engine = engine;
    this.plane = new Plane(new Vector3(-1, 0, 0), 0);
    this.planes = null;
    this.box = null;
    engine.renderer.localClippingEnabled = true;
    this.end = effect(() => this.put(state.section.value));
  }

  fit(box) {
    this.box = box;
    this.put(state.section.peek());
  }

  put({ on, axis, at }) {
    const was = this.planes;
    this.planes = on ? [this.plane] : null;
    if (this.box) {
      const place = this.box.min[axis] + (this.box.max[axis] - this.box.min[axis]) * at;
      this.plane.normal.set(...AXES[axis]);
      this.plane.constant = -this.plane.normal[axis] * place;
    }
    if (Boolean(was) !== on) {
      this.engine.dress.put(state.mode.peek());
      this.engine.paint?.clip(this.planes);
    }
    this.engine.draw();
  }

  close() {
    this.end();
  }
}
