/** What every view of models has: a picture to draw into, a light that comes with whoever looks, and a sky. */
import { DirectionalLight, HemisphereLight, NeutralToneMapping, WebGLRenderer } from "../vendor/three.js";

/** A renderer over a canvas, and the pixels it draws for one of the page's; `?plain` in the address: one, and what was drawn can be read. */
export function pictureOn(canvas) {
  const plain = new URLSearchParams(location.search).has("plain");
  const renderer = new WebGLRenderer({ canvas, antialias: !plain, alpha: true, preserveDrawingBuffer: plain });
  const ratio = plain ? 1 : Math.min(devicePixelRatio, 2);
  renderer.setPixelRatio(ratio);
  renderer.toneMapping = NeutralToneMapping;
  return { renderer, ratio };
}

/** Light from behind the left shoulder, into the picture. */
export function lightOf(camera) {
  const key = new DirectionalLight(0xffffff, 1.9);
  key.position.set(-0.7, 0.9, 0.6);
  key.target.position.set(0, 0, -1);
  camera.add(key, key.target);
}

/** Light from all of the sky, and a little from the ground. @param {number} strength */
export function skyOf(strength) {
  const sky = new HemisphereLight(0xffffff, 0xb5aea2, strength);
  sky.position.set(0, 0, 1);
  return sky;
}

/** Fit a picture into what holds it; false where that has no size yet. @param {number} panes side by side, each with the camera's whole view */
export function fitInto(canvas, renderer, camera, panes = 1) {
  const { clientWidth: width, clientHeight: height } = canvas.parentElement;
  if (!width || !height || !renderer) return false;
  renderer.setSize(width, height, false);
  camera.aspect = width / panes / height;
  camera.updateProjectionMatrix();
  return true;
}
