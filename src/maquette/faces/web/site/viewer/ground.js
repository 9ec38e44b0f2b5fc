/** What the model stands on: the printer's bed, or a sheet of squares of ten millimetres, and a soft shadow. */
import { BufferAttribute, BufferGeometry, CanvasTexture, Group, LineBasicMaterial, LineSegments, Mesh, MeshBasicMaterial, PlaneGeometry } from "../vendor/three.js";
import { effect } from "../vendor/ui.js";
import { state } from "../app/store.js";
import { bedOf } from "../app/orders.js";

const CELL_MM = 10;
const MOST_CELLS = 60;

export class Ground {
  constructor(engine) {
    this.engine = engine;
    this.group = new Group();
    this.shadow = new Mesh(new PlaneGeometry(1, 1), new MeshBasicMaterial({ map: spot(), transparent: true, depthWrite: false }));
    this.shadow.renderOrder = -1;
    this.lines = [];
    this.group.visible = false;
    this.group.add(this.shadow);
    engine.scene.add(this.group);
    this.end = effect(() => {
      void [state.bed.value, state.shown.value.address];
      this.draw();
    });
  }

  /** Lie under a model. */
  fit(box) {
    this.box = box;
    this.group.visible = true;
    const width = box.max.x - box.min.x;
    const depth = box.max.y - box.min.y;
    this.shadow.scale.set(width * 1.5, depth * 1.6, 1);
    this.group.position.set((box.min.x + box.max.x) / 2, (box.min.y + box.max.y) / 2, box.min.z - (box.max.z - box.min.z) * 0.002);
    this.draw();
  }

  /** Lines in the colours of the scheme: the bed where the job prints, and the space above it if that is wanted. */
  draw() {
    this.lines.forEach((line) => {
      line.geometry.dispose();
      line.material.dispose();
      line.removeFromParent();
    });
    this.lines = [];
    if (!this.box) return;
    const { bed_mm } = bedOf(state.jobs.peek()[state.shown.peek().job]) ?? {};
    const size = this.box.max.clone().sub(this.box.min);
    const reach = Math.max(size.x, size.y) * 2.4;
    let cell = CELL_MM;
    while (reach > cell * MOST_CELLS) cell *= 10;
    const [width, depth] = bed_mm ?? [reach, reach].map((side) => Math.ceil(side / cell / 2) * 2 * cell);
    this.#line(sheet(width, depth, cell), "--grid", 0.45);
    if (!bed_mm) return;
    const fits = size.x <= width && size.y <= depth && size.z <= bed_mm[2];
    this.#line(frame(width, depth, 0), fits ? "--line-strong" : "--fail", 0.9);
    if (state.bed.peek()) this.#line(frame(width, depth, bed_mm[2]), fits ? "--line-strong" : "--fail", 0.7);
  }

  #line(points, color, opacity) {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(points.flat(2)), 3));
    const shade = getComputedStyle(this.engine.canvas).getPropertyValue(color).trim() || "#888888";
    const line = new LineSegments(geometry, new LineBasicMaterial({ color: shade, transparent: true, opacity, depthWrite: false }));
    line.renderOrder = -2;
    line.raycast = () => {};
    this.lines.push(line);
    this.group.add(line);
    this.engine.draw();
  }

  close() {
    this.end();
  }
}

/** Lines of a sheet around the origin, as pairs of points. */
function sheet(width, depth, cell) {
  const pairs = [];
  for (let x = 0; x <= width / 2; x += cell) for (const side of [-x, x]) pairs.push([[side, -depth / 2, 0], [side, depth / 2, 0]]);
  for (let y = 0; y <= depth / 2; y += cell) for (const side of [-y, y]) pairs.push([[-width / 2, side, 0], [width / 2, side, 0]]);
  return pairs;
}

/** The edge of a sheet, or of the space above it. */
function frame(width, depth, height) {
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([x, y]) => [(x * width) / 2, (y * depth) / 2]);
  const around = (z) => corners.map((corner, index) => [[...corner, z], [...corners[(index + 1) % 4], z]]);
  return height ? [...around(height), ...corners.map((corner) => [[...corner, 0], [...corner, height]])] : around(0);
}

function spot() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 128, height: 128 });
  const pen = canvas.getContext("2d");
  const fade = pen.createRadialGradient(64, 64, 10, 64, 64, 64);
  fade.addColorStop(0, "rgba(20,18,14,.42)");
  fade.addColorStop(0.55, "rgba(20,18,14,.16)");
  fade.addColorStop(1, "rgba(20,18,14,0)");
  pen.fillStyle = fade;
  pen.fillRect(0, 0, 128, 128);
  return new CanvasTexture(canvas);
}
