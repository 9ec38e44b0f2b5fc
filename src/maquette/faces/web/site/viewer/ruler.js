/** Two clicks on the model, a line between them and its length. */
import { BufferGeometry, Line, LineBasicMaterial, Points, PointsMaterial, Vector3 } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { change, state } from "../app/store.js";

const STILL_PX = 4; // a click that moved further was a turn
const MARK = 0xd3312a;

export class Ruler {
  constructor(engine) {
    this.engine = engine;
    this.line = new Line(new BufferGeometry(), new LineBasicMaterial({ color: MARK, depthTest: false }));
    this.dots = new Points(this.line.geometry, new PointsMaterial({ color: MARK, size: 9, sizeAttenuation: false, depthTest: false }));
    this.line.renderOrder = this.dots.renderOrder = 5;
    engine.scene.add(this.line, this.dots);
    this.onDown = (event) => (this.pressed = [event.clientX, event.clientY]);
    this.onUp = (event) => this.#click(event);
    engine.canvas.addEventListener("pointerdown", this.onDown);
    engine.canvas.addEventListener("pointerup", this.onUp);
    this.end = effect(() => this.#show(state.ruler.value));
  }

  #click(event) {
    const { on, points } = state.ruler.peek();
    const moved = Math.hypot(event.clientX - this.pressed[0], event.clientY - this.pressed[1]);
    if (!on || moved > STILL_PX) return;
    const hit = this.engine.hit(event);
    if (hit) change(state.ruler, { points: [...(points.length > 1 ? [] : points), hit.point.toArray()] });
  }

  #show({ on, points }) {
    this.line.visible = this.dots.visible = on && points.length > 0;
    this.line.geometry.dispose();
    this.line.geometry = new BufferGeometry().setFromPoints(points.map((point) => new Vector3(...point)));
    this.dots.geometry = this.line.geometry;
    this.engine.draw();
  }

  clear() {
    if (state.ruler.peek().points.length) change(state.ruler, { points: [] });
  }

  close() {
    this.end();
    this.engine.canvas.removeEventListener("pointerdown", this.onDown);
    this.engine.canvas.removeEventListener("pointerup", this.onUp);
    this.line.geometry.dispose();
  }
}
