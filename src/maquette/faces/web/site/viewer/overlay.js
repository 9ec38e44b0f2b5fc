/** The photo over the model: the scene through the photo's own camera, and where its picture lies on the canvas. */
import { PerspectiveCamera, Vector3 } from "../vendor/three.js";
import { computed, effect } from "../vendor/ui.js";
import { lookUp } from "../app/api.js";
import { change, state } from "../app/store.js";

const ROOM = [0.78, 0.7]; // of the canvas, for the subject: the tools stand around it
const MIDDLE = 0.47;
const COMPARED_PX = 240;

export class Overlay {
  constructor(engine) {
    this.engine = engine;
    this.lens = null;
    this.camera = null;
    this.turn = 0;
    this.leave = () => state.overlay.peek().on && change(state.overlay, { on: false });
    engine.controls.addEventListener("start", this.leave);
    const through = computed(() => (state.overlay.value.on ? state.overlay.value.camera : null));
    this.ends = [effect(() => void this.#ask(state.shown.value)), effect(() => this.#put(through.value))];
  }

  /** Ask for the camera of what is shown now; a model that came from a file has none. */
  async #ask({ address, job, step }) {
    if (address === this.address) return;
    this.address = address;
    const turn = (this.turn += 1);
    const base = address && `/api/jobs/${job}/steps/${encodeURIComponent(step)}`;
    const { camera } = base ? await lookUp(`${base}/camera`).catch(() => ({ camera: null })) : { camera: null };
    if (turn !== this.turn || !this.engine.renderer) return;
    change(state.overlay, { camera, href: camera ? `${base}/photo` : "", agree: null, on: Boolean(camera) && state.overlay.peek().on });
  }

  #put(camera) {
    this.camera = camera;
    if (!camera) this.lens = null;
    else if (!this.lens) this.#enter(camera);
    this.engine.ground.group.visible = !camera && this.engine.triangles > 0;
    this.fit();
    this.engine.draw();
  }

  /** Look through the photo's camera; whoever turns the model goes on from about there. */
  #enter({ pose }) {
    this.lens = new PerspectiveCamera();
    this.lens.matrixAutoUpdate = false;
    this.engine.look(new Vector3(-pose[2], -pose[6], -pose[10]));
  }

  /** Pose and frustum such that the subject's box stands in the middle of the canvas. */
  fit() {
    if (!this.camera) return;
    const { pose, projection, span, aspect, box } = this.camera;
    const { clientWidth: width, clientHeight: height } = this.engine.canvas.parentElement;
    const scale = Math.min((ROOM[0] * width) / ((box[2] - box[0]) * aspect), (ROOM[1] * height) / (box[3] - box[1])); // pixels a picture's height
    const x = width / 2 - ((box[0] + box[2]) / 2) * aspect * scale;
    const y = height * MIDDLE - ((box[1] + box[3]) / 2) * scale;
    const [a, b, c, d, e, f, g, h, i, j, k, l] = pose;
    this.lens.matrix.set(a, -b, -c, d, e, -f, -g, h, i, -j, -k, l, 0, 0, 0, 1); // ours looks down +z with y down
    this.lens.updateMatrixWorld(true);
    const { center, radius } = this.engine.bounds;
    const far = center.clone().sub(new Vector3(d, h, l)).length();
    const isFlat = projection === "orthographic";
    const near = isFlat ? far - 6 * radius : Math.max(far - 6 * radius, far / 500);
    const unit = isFlat ? span : span * near;
    const sides = [-x / scale - aspect / 2, (width - x) / scale - aspect / 2, y / scale + 0.5, (y - height) / scale + 0.5].map((side) => side * unit);
    const matrix = this.lens.projectionMatrix;
    if (isFlat) matrix.makeOrthographic(sides[0], sides[1], sides[2], sides[3], near, far + 6 * radius);
    else matrix.makePerspective(sides[0], sides[1], sides[2], sides[3], near, far + 6 * radius);
    this.lens.projectionMatrixInverse.copy(matrix).invert();
    this.rect = { x, y, width: aspect * scale, height: scale };
    change(state.overlay, { rect: this.rect });
    this.engine.draw();
  }

  /** How far the model's outline on the canvas agrees with the cut in the photo: intersection over union. */
  measure(photo) {
    if (!this.lens) return;
    this.engine.render();
    const { x, y, width, height } = this.rect;
    const ratio = this.engine.canvas.width / this.engine.canvas.clientWidth;
    const small = [COMPARED_PX, Math.max(1, Math.round((COMPARED_PX * height) / width))];
    const shape = covered(small, (pen) => pen.drawImage(this.engine.canvas, x * ratio, y * ratio, width * ratio, height * ratio, 0, 0, ...small));
    const cut = covered(small, (pen) => pen.drawImage(photo, 0, 0, ...small));
    let both = 0;
    let either = 0;
    shape.forEach((is, index) => {
      both += is && cut[index] ? 1 : 0;
      either += is || cut[index] ? 1 : 0;
    });
    change(state.overlay, { agree: either ? both / either : null });
  }

  close() {
    this.turn += 1;
    this.ends.forEach((end) => end());
    this.engine.controls.removeEventListener("start", this.leave);
  }
}

/** Which pixels a drawing covers. @param {number[]} size @param {(pen: any) => void} draw @returns {boolean[]} */
function covered([width, height], draw) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  draw(pen);
  const { data } = pen.getImageData(0, 0, width, height);
  return Array.from({ length: width * height }, (_, index) => data[index * 4 + 3] > 127);
}
