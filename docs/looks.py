"""The contact sheet of docs/looks.md: one GLB through every look. Run it after looks change: python docs/looks.py"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import maquette as mq
from maquette.core.asset import Asset, Material
from maquette.core.mesh import Mesh, join_meshes
from maquette.geometry.flat.lathe import turn_profile

HERE = Path(__file__).parent
COLORS = {
    "hull": "f2efe6",
    "nose": "d8412f",
    "nozzle": "55585f",
    "ring": "f0b63a",
    "window": "3a86c8",
    "fins": "d8412f",
}


def rocket() -> Asset:
    """A toy rocket of 120 mm in six parts, each a closed solid of one color."""
    around = np.linspace(0, 1, 24)
    side = np.column_stack([18 + 8 * np.sin(np.pi * around**0.8), 22 + 62 * around])
    nose = np.column_stack([17.6 * np.sqrt(1 - around[:-1] ** 1.6), 85 + 33 * around[:-1]])
    solids = {
        "hull": [turn_profile(np.concatenate([[[0, 22]], side, [[0, 84]]]))],
        "nose": [turn_profile(np.concatenate([[[0, 85]], nose, [[0, 118]]]))],
        "nozzle": [turn_profile(np.array([[0, 8], [13, 8], [9, 14], [12, 21.5], [0, 21.5]]))],
        "ring": [turn_profile(np.array([[0, 84.1], [19.4, 84.1], [19.4, 84.9], [0, 84.9]]))],
        "window": [window()],
        "fins": [fin(turn) for turn in (0, 120, 240)],
    }
    meshes = []
    for number, pieces in enumerate(solids.values()):
        for vertices, faces in pieces:
            label = np.full(len(faces), number, np.int32)
            meshes.append(Mesh(vertices, faces, material=label, part=label))
    materials = tuple(material(name, color) for name, color in COLORS.items())
    return Asset(join_meshes(meshes), materials, part_names=tuple(solids), sized=True, title="rocket")


def window() -> tuple[np.ndarray, np.ndarray]:
    """A flat dome on the hull, facing the front."""
    up = np.linspace(0, np.pi / 2, 8)
    dome = np.column_stack([9 * np.cos(up)[:-1], 4 + 3 * np.sin(up)[:-1]])
    vertices, faces = turn_profile(np.concatenate([[[0, 0], [9, 0]], dome, [[0, 7]]]), 48)
    return np.column_stack([vertices[:, 0], -vertices[:, 2] - 22.5, vertices[:, 1] + 62]), faces


def fin(turn_deg: float) -> tuple[np.ndarray, np.ndarray]:
    """A swept plate 4 mm thick beside the hull."""
    outline = np.array([[17, 26], [36, 4], [38, 20], [24, 52]], float)
    flat = np.concatenate([np.column_stack([outline[:, 0], np.full(4, y), outline[:, 1]]) for y in (-2.0, 2.0)])
    sides = [[i, (i + 1) % 4, (i + 1) % 4 + 4] for i in range(4)] + [[i, (i + 1) % 4 + 4, i + 4] for i in range(4)]
    faces = np.array([[0, 2, 1], [0, 3, 2], [4, 5, 6], [4, 6, 7], *sides])
    angle = np.radians(turn_deg + 30)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    if mq_volume(flat, faces) < 0:
        faces = faces[:, ::-1]
    return flat @ turn.T, faces


def mq_volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    """What a closed surface encloses; below zero where it is wound inward."""
    a, b, c = (vertices[faces[:, corner]] for corner in range(3))
    return float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6)


def material(name: str, color: str) -> Material:
    """A painted stuff of this sRGB color."""
    srgb = np.frombuffer(bytes.fromhex(color), np.uint8) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    rough, metal = (0.3, 0.9) if name in ("nozzle", "ring") else (0.4, 0.0)
    return Material(name, (*(float(c) for c in linear), 1.0), roughness=rough, metallic=metal)


def main(size_px: int = 232, rays: int = 24) -> None:
    """Write docs/looks.jpg."""
    with tempfile.TemporaryDirectory() as folder:
        place = mq.save(rocket(), Path(folder) / "rocket.glb")
        asset = mq.load(place)
    sheet = mq.styles(asset, size_px=size_px, rays=rays)
    buffer = io.BytesIO()
    Image.fromarray(sheet.frames[0]).convert("RGB").save(buffer, format="JPEG", quality=84)
    (HERE / "looks.jpg").write_bytes(buffer.getvalue())


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
