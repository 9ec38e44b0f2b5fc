/** The viewer as the rest of the page knows it. What draws is loaded when a model is first looked at. */
import { state } from "../app/store.js";

class Viewer {
  engine = null;
  #wish = null;

  /** Begin to draw into a canvas. */
  async attach(canvas) {
    const { Engine } = await import("./engine.js");
    if (!canvas.isConnected) return;
    this.engine = new Engine(canvas);
    if (this.#wish) this.show(this.#wish);
  }

  detach() {
    this.engine?.close();
    this.engine = null;
    this.#wish = null;
  }

  /** Show a model: {address, job, step, rough}; the newest wish wins. */
  async show(wish) {
    if (this.engine && this.engine.address === wish.address) return;
    this.#wish = wish;
    await this.engine?.load(wish, () => this.#wish !== wish);
  }

  frame() {
    this.engine?.frame();
  }

  view(name) {
    this.engine?.view(name);
  }

  showBed(size) {
    this.engine?.showBed(size);
  }

  /** Look from where somebody else does. */
  lookFrom(eye) {
    if (this.engine && eye?.length === 6) this.engine.eye = eye;
  }

  flyToPin(id) {
    this.engine?.pins.fly(id);
  }

  fly(triangles) {
    this.engine?.fly(triangles);
  }

  /** The picture as a PNG, into the downloads. */
  async save() {
    const blob = await this.engine?.picture();
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${(state.jobs.value[state.place.value.job]?.order?.output ?? "model").replace(/\.[^.]*$/, "")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}

export const viewer = new Viewer();

/** What tests may ask. */
/** @type {any} */ (window).maquette = {
  get ready() {
    return Boolean(viewer.engine?.address) && !state.shown.value.busy;
  },
  get triangles() {
    return viewer.engine?.triangles ?? 0;
  },
  get camera() {
    return viewer.engine?.camera.position.toArray() ?? [];
  },
  get painted() {
    return viewer.engine?.paint.facts() ?? null;
  },
  get laid() {
    return viewer.engine?.layers.below?.geometry.drawRange.count / 2 || 0;
  },
  get panes() {
    const panes = state.panes.peek();
    return panes ? { camera: panes.camera.position.toArray(), triangles: panes.panes.map((pane) => pane?.triangles ?? 0) } : null;
  },
  state: () => Object.fromEntries(Object.entries(state).map(([name, one]) => [name, one.peek()])),
};
