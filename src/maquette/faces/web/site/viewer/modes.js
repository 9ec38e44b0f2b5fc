/** The viewer's modes in the order of their keys, and which of them paint numbers that a check left. */
export const MODES = ["look", "clay", "wire", "normals", "uv", "checks", "seen", "thickness", "overhang", "layers"];
export const CHECK_OF = { thickness: "wall-thickness", overhang: "overhang" };
export const VIEWS = {
  iso: [-0.62, -1, 0.5], front: [0, -1, 0.0001], back: [0, 1, 0.0001], left: [-1, 0, 0.0001], right: [1, 0, 0.0001], top: [0, -0.0001, 1], bottom: [0, -0.0001, -1],
};
