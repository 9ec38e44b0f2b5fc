/** What the model stands on: a sheet of squares of ten millimetres and a soft shadow. */
import { CanvasTexture, GridHelper, Group, Mesh, MeshBasicMaterial, PlaneGeometry } from "../vendor/three.js";

const CELL_MM = 10;
const MOST_CELLS = 60;

export class Ground {
  constructor(scene, canvas) {
    this.canvas = canvas;
    this.group = new Group();
    this.shadow = new Mesh(new PlaneGeometry(1, 1), new MeshBasicMaterial({ map: spot(), transparent: true, depthWrite: false }));
    this.group.visible = false;
    this.group.add(this.shadow);
    scene.add(this.group);
  }

  /** Lie under a model. */
  fit(box) {
    this.group.visible = true;
    const width = box.max.x - box.min.x;
    const depth = box.max.y - box.min.y;
    this.shadow.scale.set(width * 1.5, depth * 1.6, 1);
    this.group.position.set((box.min.x + box.max.x) / 2, (box.min.y + box.max.y) / 2, box.min.z - (box.max.z - box.min.z) * 0.002);
    let cell = CELL_MM;
    while (Math.max(width, depth) * 2.4 > cell * MOST_CELLS) cell *= 10;
    this.cells = Math.ceil((Math.max(width, depth) * 2.4) / cell / 2) * 2;
    this.cell = cell;
    this.recolor();
  }

  /** Lines in the colours of the scheme. */
  recolor() {
    if (!this.cells) return;
    this.grid?.removeFromParent();
    this.grid?.dispose();
    const line = getComputedStyle(this.canvas).getPropertyValue("--grid").trim() || "#888888";
    this.grid = new GridHelper(this.cells * this.cell, this.cells, line, line);
    this.grid.rotation.x = Math.PI / 2;
    Object.assign(this.grid.material, { transparent: true, opacity: 0.5, depthWrite: false });
    this.grid.renderOrder = -2;
    this.shadow.renderOrder = -1;
    this.group.add(this.grid);
  }
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
