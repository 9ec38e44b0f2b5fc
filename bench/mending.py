"""The everyday defects of generated meshes, mended by us and by others, side by side in one run.

    python bench/mending.py [--faces 160000] [--peers PYTHON] [--textured 300000] [--random 10000]

A figure of soft limbs, 100 mm high, is broken in five ways: triangles that share no vertex, 40 round holes up to 2.5 mm
wide to a side, a fifth of the faces turned and 200 doubled, an inner shell 1 mm under the skin with 300 specks, and a
second solid that overlaps. The truth is known for each. Solid means: closed, manifold3d accepts it, no face cuts
through another, and the layers that a slicer fills hold the volume enclosed. ``--peers`` is a Python with pymeshfix,
pymeshlab, trimesh and manifold3d; each runs there in a process of its own, so nothing of theirs is imported here.
Seconds are processor seconds without reading and writing.

``--random N`` makes N small hostile meshes (soups, slivers, huge coordinates, coplanar overlaps, doubled faces, nested
shells, solids that touch) solid: each must end solid or in a refusal. The judge counts half-edges, before and after
rounding to 32 bits, asks manifold3d, counts crossing faces and adds up all solid angles at up to 1000 points. Each mesh
is a line in ``--log``; run it again, or several at once with their own ``--first``, and the rest is done.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from maquette.core.asset import Asset, Material, Texture
from maquette.core.errors import BadInput, CannotDo
from maquette.core.mesh import Mesh
from maquette.geometry.inside.filled import manifold_of, manifold_status, rounding, slicer_fill
from maquette.geometry.inside.intersections import intersecting_pairs
from maquette.geometry.remake.deviation import deviation
from maquette.geometry.surface import signed_volume, vertex_normals
from maquette.geometry.topology import face_components, is_watertight
from maquette.shape.mend.solidify import solidify

PEER_SECONDS = 300
WELD = """
vertices, twin = np.unique(vertices, axis=0, return_inverse=True)
faces = twin.reshape(-1)[faces]
"""
PYMESHFIX = """
import pymeshfix
fixer = pymeshfix.MeshFix(vertices, faces.astype(np.int32))
fixer.repair({options})
try:
    out_v, out_f = np.array(fixer.points), np.array(fixer.faces)
except AttributeError:
    out_v, out_f = np.array(fixer.v), np.array(fixer.f)
"""
MANIFOLD = """
import manifold3d
raw = manifold3d.Mesh(vertices.astype(np.float32), faces.astype(np.uint32))
raw.merge()
solid = manifold3d.Manifold(raw)
assert solid.status() == manifold3d.Error.NoError, str(solid.status())
{more}
raw = solid.to_mesh()
out_v, out_f = np.array(raw.vert_properties)[:, :3].astype(float), np.array(raw.tri_verts).astype(np.int64)
"""
PYMESHLAB = """
import pymeshlab
mesh_set = pymeshlab.MeshSet()
mesh_set.add_mesh(pymeshlab.Mesh(vertices, faces.astype(np.int32)))
{filters}
made = mesh_set.current_mesh()
out_v, out_f = np.array(made.vertex_matrix()), np.array(made.face_matrix()).astype(np.int64)
"""
FILTERS = """
mesh_set.meshing_merge_close_vertices()
mesh_set.meshing_remove_duplicate_faces()
mesh_set.meshing_repair_non_manifold_edges()
mesh_set.meshing_repair_non_manifold_vertices()
mesh_set.meshing_close_holes(maxholesize=10000)
mesh_set.meshing_re_orient_faces_coherently()
"""
WRAP = "mesh_set.generate_alpha_wrap(alpha=pymeshlab.PercentageValue(1.0), offset=pymeshlab.PercentageValue(0.1))"
PEERS = {  # welded by position first, where the library does not weld by itself
    "pymeshfix": WELD + PYMESHFIX.format(options=""),
    "pymeshfix, all parts": WELD + PYMESHFIX.format(options="joincomp=True, remove_smallest_components=False"),
    "trimesh.repair": """
import trimesh
mesh = trimesh.Trimesh(vertices, faces, process=True)
mesh.update_faces(mesh.unique_faces() & mesh.nondegenerate_faces())
trimesh.repair.fix_winding(mesh)
trimesh.repair.fill_holes(mesh)
trimesh.repair.fix_normals(mesh)
out_v, out_f = np.array(mesh.vertices), np.array(mesh.faces)
""",
    "manifold3d merge": MANIFOLD.format(more=""),
    "manifold3d, union of parts": MANIFOLD.format(
        more="solid = manifold3d.Manifold.batch_boolean(solid.decompose(), manifold3d.OpType.Add)"
    ),
    "pymeshlab filters": PYMESHLAB.format(filters=FILTERS),
    "pymeshlab alpha wrap": PYMESHLAB.format(filters=WRAP),
}
HARNESS = """
import sys, time
import numpy as np
given = np.load(sys.argv[1])
vertices, faces = given["vertices"], given["faces"]
start = time.process_time()
{work}
np.savez(sys.argv[2], vertices=out_v, faces=out_f, seconds=time.process_time() - start)
"""


def figure(face_count: int) -> Mesh:
    """Soft limbs about a trunk, some 100 mm high, as a generator's marching cubes would leave it; closed."""
    from skimage.measure import marching_cubes

    side = int(64 * np.sqrt(face_count / 12_000))
    low, high = np.array([-30.0, -22, -2]), np.array([30.0, 22, 102])
    step = (high[2] - low[2]) / side
    axes = [np.arange(a, b + step, step) for a, b in zip(low, high, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    field = np.zeros(x.shape)
    for cx, cy, cz, r in (
        (0, 0, 30, 19),
        (0, 0, 55, 15),
        (0, -2, 82, 15),
        (-17, 0, 50, 8),
        (18, 2, 48, 8),
        (-9, 0, 9, 10),
        (9, 0, 9, 10),
    ):
        field += np.exp(1.6 * (1 - ((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) / r**2))
    field += 0.04 * np.sin(x) * np.sin(0.9 * y) * np.sin(1.1 * z)
    vertices, faces, _, _ = marching_cubes(field, 1.0)
    vertices = vertices * step + low
    return Mesh(vertices * (100 / np.ptp(vertices[:, 2])), faces[:, ::-1] if _volume(vertices, faces) < 0 else faces)


def _volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    return signed_volume(np.asarray(vertices, float), np.asarray(faces, np.int64))


def together(*meshes: Mesh) -> Mesh:
    """Several meshes as one, nothing merged."""
    first = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes])
    faces = [mesh.faces + offset for mesh, offset in zip(meshes, first, strict=False)]
    return Mesh(np.concatenate([mesh.vertices for mesh in meshes]), np.concatenate(faces))


def soup(mesh: Mesh) -> Mesh:
    """Triangles that share no vertex, in 32-bit numbers, as a binary STL holds them."""
    corners = mesh.triangles.astype(np.float32).reshape(-1, 3)
    return Mesh(corners, np.arange(len(corners)).reshape(-1, 3))


def punch_holes(mesh: Mesh, count: int = 40, radius: float = 2.5) -> Mesh:
    """Round holes punched through the skin."""
    dice = np.random.default_rng(1)
    keep = np.ones(len(mesh.faces), dtype=bool)
    middle = mesh.triangles.mean(axis=1)
    for vertex in dice.choice(len(mesh.vertices), count, replace=False):
        keep &= np.linalg.norm(middle - mesh.vertices[vertex], axis=1) > radius * dice.uniform(0.4, 1)
    return mesh.keep_faces(keep)


def turn_faces(mesh: Mesh) -> Mesh:
    """A fifth of the faces the other way round, 200 of them twice."""
    dice = np.random.default_rng(2)
    made = mesh.flipped(dice.random(len(mesh.faces)) < 0.2)
    twice = dice.choice(len(mesh.faces), 200, replace=False)
    return made.keep_faces(np.concatenate([np.arange(len(mesh.faces)), twice]))


def add_inner_skin(mesh: Mesh) -> Mesh:
    """An inner skin 1 mm under the outer one that looks inward, and 300 specks about."""
    dice = np.random.default_rng(3)
    inner = mesh.with_vertices(mesh.vertices - vertex_normals(mesh.vertices, mesh.faces)).flipped()
    speck = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    faces = [[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]
    specks = [Mesh(speck * 0.3 + dice.uniform([-40, -40, 0], [40, 40, 100]), faces) for _ in range(300)]
    clear = [s for s in specks if np.linalg.norm(mesh.vertices - s.vertices[0], axis=1).min() > 2]
    return together(mesh, inner, *clear)


def rows(mesh: Mesh) -> dict[str, tuple[Mesh, Mesh]]:
    """Broken mesh and truth of each defect."""
    from manifold3d import Manifold, OpType

    other = mesh.with_vertices(mesh.vertices[:, [1, 0, 2]] * [-0.8, 0.8, 0.8] + [12, 5, 10])
    pair = [manifold_of(one.vertices, one.faces) for one in (mesh, other)]
    raw = Manifold.batch_boolean(pair, OpType.Add).to_mesh64()
    union = Mesh(np.array(raw.vert_properties)[:, :3], np.array(raw.tri_verts).astype(np.int64))
    return {
        "raw soup, unwelded": (soup(mesh), mesh),
        "40 round holes": (punch_holes(mesh), mesh),
        "20 % flipped + 200 doubled": (turn_faces(mesh), mesh),
        "inner shell 1 mm inside + specks": (add_inner_skin(mesh), mesh),
        "two overlapping solids": (together(mesh, other), union),
    }


def ours(mesh: Mesh) -> tuple[Mesh | str, float]:
    start = time.process_time()
    try:
        made: Mesh | str = solidify(Asset(mesh)).mesh
    except CannotDo as refusal:
        made = str(refusal)
    return made, time.process_time() - start


def limit_time() -> None:
    """No more processor seconds than this for the process."""
    resource.setrlimit(resource.RLIMIT_CPU, (PEER_SECONDS, PEER_SECONDS + 5))


def theirs(python: str, work: str, mesh: Mesh) -> tuple[Mesh | str, float]:
    """What a peer makes of it in a process of its own, and its processor seconds."""
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "given.npz", Path(folder) / "made.npz"
        np.savez(given, vertices=mesh.vertices, faces=mesh.faces)
        command = [python, "-c", HARNESS.format(work=work), str(given), str(made)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, preexec_fn=limit_time)
        if done.returncode == -signal.SIGXCPU:
            return f"more than {PEER_SECONDS} s", float("nan")
        if done.returncode:
            return (done.stderr.strip().splitlines() or ["crashed"])[-1][:60], float("nan")
        result = np.load(made)
        return Mesh(result["vertices"], result["faces"]), float(result["seconds"])


def is_solid(mesh: Mesh) -> bool:
    """Closed, accepted by manifold3d, nothing cuts through anything, and layers hold what is enclosed."""
    if not is_watertight(mesh.faces) or manifold_status(mesh.vertices, mesh.faces) != "NoError":
        return False
    found = intersecting_pairs(mesh.vertices, mesh.faces, tolerance=rounding(mesh.vertices))
    return bool(found.lying.all()) and slicer_fill(mesh.vertices, mesh.faces).fault < 1e-3


def score_solid(made: Mesh | str, truth: Mesh) -> list[str]:
    """Solid?, parts, error of the volume, mean and largest deviation."""
    if isinstance(made, str):
        return [made, "", "", "", ""]
    volume = _volume(made.vertices, made.faces)
    true = _volume(truth.vertices, truth.faces)
    apart = deviation(made.vertices, made.faces, truth.vertices, truth.faces, 20_000)
    solid = "yes" if is_solid(made) else "**no**"
    parts = str(face_components(made.faces)[0])
    return [solid, parts, f"{100 * (volume / true - 1):+.3f} %", f"{apart.mean:.4f}", f"{apart.max:.2f}"]


def table(face_count: int, peers: str | None) -> None:
    mesh = figure(face_count)
    print(f"{len(mesh.faces):,} faces, {_volume(mesh.vertices, mesh.faces):,.0f} mm³, CPU seconds\n")
    print("| defect | by | solid | parts | volume | mean mm | max mm | s | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, (broken, truth) in rows(mesh).items():
        made, base = ours(broken)
        print(f"| {name} | **ours** | {' | '.join(score_solid(made, truth))} | {base:.1f} | 1 |", flush=True)
        for peer, work in PEERS.items() if peers else ():
            made, seconds = theirs(str(peers), work, broken)
            print(
                f"| | {peer} | {' | '.join(score_solid(made, truth))} | {seconds:.1f} | {seconds / base:.1f} |",
                flush=True,
            )


def time_textured(face_count: int) -> None:
    """Seconds for a textured figure with holes, flipped faces and a second solid; what it keeps."""
    from io import BytesIO

    from PIL import Image

    stream = BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(stream, "PNG")
    mesh = punch_holes(figure(face_count))
    arm = figure(20_000)
    whole = together(
        mesh.flipped(np.arange(len(mesh.faces)) % 5 == 0), arm.with_vertices(arm.vertices * 0.5 + [20, 0, 40])
    )
    flat = (whole.vertices[:, [0, 2]] - whole.bounds[0][[0, 2]]) / 130
    label = np.repeat([0, 1], [len(mesh.faces), len(arm.faces)])
    rich = whole.replace(uv=flat[whole.faces], material=label, part=label)
    skin = Material(base_color_texture=Texture(stream.getvalue()))
    start = time.process_time()
    made = solidify(Asset(rich, (skin, skin), part_names=("body", "arm")))
    seconds = time.process_time() - start
    now = (made.mesh.vertices[:, [0, 2]] - whole.bounds[0][[0, 2]]) / 130
    off = np.abs(made.mesh.uv - now[made.mesh.faces]).max(axis=(1, 2))
    print(f"\ntextured, {len(rich.faces):,} faces: {seconds:.1f} CPU-s, solid: {is_solid(made.mesh)}, ", end="")
    print(
        f"uv off by more than 0.001 on {100 * (off > 1e-3).mean():.2f} % of the faces, "
        f"parts {np.bincount(made.mesh.part)}"
    )
    for line in made.history[-1].notes:
        print(f"    {line}")


def hostile_meshes(count: int, first: int, log: Path) -> None:
    """Many small bad meshes made solid, each a line in the log; those that stand there already are not made again."""
    from hostile_meshes import complaints, hostile

    done = {json.loads(line)["mesh"] for line in log.read_text().splitlines()} if log.exists() else set()
    for number in range(first, first + count):
        if number in done:
            continue
        start = time.process_time()
        made: Mesh | None = None
        try:
            made = solidify(Asset(hostile(number))).mesh
            end, why = "solid", ""
        except (CannotDo, BadInput) as refusal:
            end, why = "refused", str(refusal)
        except Exception as problem:
            end, why = "CRASH", f"{type(problem).__name__}: {problem}"
        seconds = time.process_time() - start
        if made is not None:
            wrong = complaints(made)
            end, why = ("WRONG", "; ".join(wrong)) if wrong else (end, why)
        with log.open("a") as stream:  # one write a line: several of these may share a log
            stream.write(json.dumps({"mesh": number, "end": end, "why": why, "s": round(seconds, 3)}) + "\n")
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    for row in rows:
        if row["end"] in ("WRONG", "CRASH"):
            print(f"{row['mesh']}: {row['end']}: {row['why']}")
    tally = Counter(row["end"] for row in rows)
    seconds = [row["s"] for row in rows]
    print(f"{len(rows)} hostile meshes: {dict(tally)}, {sum(seconds):.0f} CPU-s, slowest {max(seconds):.1f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--faces", type=int, default=160_000)
    options.add_argument("--peers", help="a Python with pymeshfix, pymeshlab, trimesh and manifold3d")
    options.add_argument("--textured", type=int, default=0)
    options.add_argument("--random", type=int, default=0)
    options.add_argument("--first", type=int, default=0)
    options.add_argument("--log", type=Path, default=Path("hostile.jsonl"), help="one line for each random mesh")
    chosen = options.parse_args()
    if chosen.faces:
        table(chosen.faces, chosen.peers)
    if chosen.textured:
        time_textured(chosen.textured)
    if chosen.random:
        sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
        hostile_meshes(chosen.random, chosen.first, chosen.log)


if __name__ == "__main__":
    main()
