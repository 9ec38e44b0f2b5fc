"""The training pipeline on shapes whose answer is known; needs torch, no data."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

torch = pytest.importorskip("torch")

from training.export import halve  # noqa: E402
from training.losses import losses, volume_targets  # noqa: E402
from training.model import SIZES, Sculptor, Size  # noqa: E402
from training.procedural import shape  # noqa: E402
from training.solids import HALF, REACH, distances, sampled_surface, seen_from_afar  # noqa: E402
from training.thing import Thing  # noqa: E402
from training.train import mirror_example, read_pieces, write_pieces  # noqa: E402
from training.views import example, look, random_pose, recenter  # noqa: E402

from maquette.generate.guess.input import NEAREST, network_input  # noqa: E402

TINY = Size(32, (8, 16, 16), (8, 16), bins=16, volume_side=16)


def ball(radius: float = 0.5) -> Thing:
    import manifold3d as m3

    mesh = m3.Manifold.sphere(radius, 96).to_mesh()
    return Thing(np.asarray(mesh.vert_properties, float)[:, :3], np.asarray(mesh.tri_verts, np.int64))


def cube() -> Thing:
    corners = np.array(np.meshgrid(*[[-0.5, 0.5]] * 3, indexing="ij")).reshape(3, 8).T
    low, high = [[0, 1, 3], [0, 3, 2], [0, 4, 5], [0, 5, 1]], [[4, 6, 7], [4, 7, 5], [2, 3, 7], [2, 7, 6]]
    faces = [
        low[0],
        low[1],
        high[0],
        high[1],
        low[2],
        low[3],
        high[2],
        high[3],
        [0, 2, 6],
        [0, 6, 4],
        [1, 5, 7],
        [1, 7, 3],
    ]
    return Thing(corners, np.array(faces))


def test_distances_of_a_cube():
    cells = 40
    grid = distances(cube().vertices, cube().faces, cells) / 127 * REACH * 2 * HALF / cells
    axis = (np.arange(cells) + 0.5) * (2 * HALF / cells) - HALF
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    deep = 0.5 - np.abs(points).max(axis=-1)  # into the cube
    sure = (deep > 0.02) & (deep < 0.08)
    assert np.abs(grid[sure] + deep[sure]).max() < 0.012
    assert (grid[np.abs(points).max(axis=-1) > 0.53] > 0).all()


def test_an_open_box_is_solid_from_above_and_a_cup_is_not():
    lidless = cube()
    bottomless = Thing(lidless.vertices, lidless.faces[[0, 1, 2, 3, 4, 5, 6, 7, 10, 11]])  # no face at -z
    topless = Thing(lidless.vertices, lidless.faces[:10])  # none at +z
    assert (distances(bottomless.vertices, bottomless.faces, 32) < 0).mean() > 0.5
    assert (distances(topless.vertices, topless.faces, 32) < 0).mean() < 0.2


def test_light_from_afar_turns_no_corner():
    shell = np.ones((9, 9, 9), bool)
    shell[4, 4, 4:] = False
    shell[2:4, 4, 4] = False
    seen = seen_from_afar(shell)
    assert seen[4, 4, 4:].all()
    assert not seen[2:4, 4, 4].any()


def test_surface_points_are_dense():
    points = sampled_surface(cube().vertices, cube().faces, 0.05)
    from scipy.spatial import cKDTree

    rng = np.random.default_rng(0)
    asked = rng.uniform(-0.5, 0.5, (2000, 3))
    asked[np.arange(2000), rng.integers(0, 3, 2000)] = rng.choice([-0.5, 0.5], 2000)
    assert cKDTree(points).query(asked)[0].max() < 0.06


@pytest.mark.parametrize("seed", range(5))
def test_a_ball_is_seen_where_it_is(seed):
    rng = np.random.default_rng(seed)
    pose = random_pose(ball(), rng, plain=True)
    view = look(ball(), pose, 64, rng)
    middle, radius = pose.placed(np.zeros((1, 3)))[0], 0.5 * pose.scale
    axis = (np.arange(64) + 0.5) / 32 - 1
    u, v = np.meshgrid(axis, axis)
    for plane in (view.front, view.back):
        deep = 1 + plane / pose.eye
        points = np.stack([u * deep, v * deep, plane], axis=-1)[view.mask]
        assert np.abs(np.linalg.norm(points - middle, axis=1) - radius).max() < 0.02
    ways = np.stack([u, v, np.full_like(u, pose.eye)], axis=-1)[view.mask]
    assert ((view.normal[view.mask] * ways).sum(axis=1) <= 1e-6).all()
    rows, columns = np.nonzero(view.mask)
    widest = max(np.ptp(rows), np.ptp(columns)) + 1
    assert widest == pytest.approx(0.85 * 64, abs=2)


def test_recentring_keeps_the_rays():
    rng = np.random.default_rng(3)
    before = random_pose(ball(), rng)
    seen = look(ball(), before, 48, rng)
    after, moved = recenter(before, seen)
    assert moved.front[moved.mask].mean() == pytest.approx(0, abs=1e-6)
    points = ball().vertices[::50]
    flat = [p[:, :2] / (1 + p[:, 2:] / before.eye) for p in (before.placed(points), after.placed(points))]
    assert np.allclose(*flat)


def test_the_volume_is_solid_between_front_and_back():
    rng = np.random.default_rng(1)
    planes, pose = example(ball(), rng, 32)
    grid = torch.from_numpy(distances(ball().vertices, ball().faces, 48))[None].float()
    matrix, offset = (torch.from_numpy(a / HALF)[None].float() for a in pose.unplaced())
    found = volume_targets(grid, matrix, offset, torch.tensor([pose.eye]).float(), 32, 32)[0].numpy()
    depth = (np.arange(32) + 0.5) / 16 + NEAREST
    column = np.argwhere(planes["mask"][0] > 0)[len(np.argwhere(planes["mask"][0] > 0)) // 2]
    front, back = (planes[name][0][tuple(column)] for name in ("front", "back"))
    inside = (depth > front + 0.06) & (depth < back - 0.06)
    outside = (depth < front - 0.06) | (depth > back + 0.06)
    assert inside.any()
    assert (found[inside, column[0], column[1]] < 0).all()
    assert (found[outside, column[0], column[1]] > 0).all()


def test_a_mirror_exchanges_left_and_right_everywhere():
    thing = cube()
    thing.vertices = thing.vertices * [1.0, 0.6, 0.3]
    planes, pose = example(thing, np.random.default_rng(3), 32)
    matrix, offset = pose.unplaced()
    made = {**planes, "object": 7, "matrix": matrix.astype(np.float32), "offset": offset.astype(np.float32)}
    twin = mirror_example(made)
    assert np.array_equal(twin["front"][0], planes["front"][0][:, ::-1])
    assert np.array_equal(twin["normal"][0], -planes["normal"][0][:, ::-1])
    assert np.array_equal(twin["normal"][2], planes["normal"][2][:, ::-1])
    grid = torch.from_numpy(distances(thing.vertices, thing.faces, 24)[None].astype(np.float32))

    def volume(known):
        return volume_targets(
            grid, torch.from_numpy(known["matrix"] / HALF)[None].float(), torch.from_numpy(offset / HALF)[None].float(),
            torch.tensor([pose.eye]).float(), 16, 16,
        ).numpy()  # fmt: skip

    assert not np.allclose(volume(twin), volume(made), atol=1.0)
    assert np.allclose(volume(twin), volume(made)[..., ::-1], atol=0.02)
    again = mirror_example(twin)
    assert all(np.array_equal(again[name], made[name]) for name in made)


def test_a_network_with_empty_heads_is_the_balloon():
    rows, columns = np.mgrid[:64, :64] + 0.5
    mask = (np.hypot(rows - 32, columns - 32) < 27).astype(np.float32)
    planes = torch.from_numpy(network_input(np.full((64, 64, 3), 0.4, np.float32), mask))[None]
    net = Sculptor(SIZES["small"]).eval()
    for head in (net.maps, net.doubt, net.volume[3]):
        torch.nn.init.zeros_(head.weight)
    with torch.no_grad():
        made = net(planes)
    height = planes[:, 5:6]
    inside = planes[:, 3:4] > 0.5
    thick = (made["back"] - made["front"])[inside]
    assert torch.allclose(thick, (2 * height + 0.02)[inside], atol=1e-5)
    assert made["front"][inside].mean().abs() < 1e-5
    assert torch.allclose(made["albedo"][inside.expand(-1, 3, -1, -1)], torch.tensor(0.4))
    assert made["volume"].shape == (1, 64, 32, 32)


def batch(count: int) -> dict[str, torch.Tensor]:
    made = [example(shape(number), np.random.default_rng(number), 32)[0] for number in range(count)]
    return {name: torch.from_numpy(np.stack([one[name] for one in made])) for name in made[0]}


def test_learning_lowers_every_shape_loss():
    torch.manual_seed(0)
    known, net = batch(4), Sculptor(TINY)
    distance = torch.rand(4, 16, 16, 16) - 0.5
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    history = []
    for _ in range(40):
        parts = losses(net(known["input"]), known, distance)
        optimiser.zero_grad()
        torch.stack(list(parts.values())).sum().backward()
        optimiser.step()
        history.append({name: float(value.detach()) for name, value in parts.items()})
    assert set(history[0]) == {"front", "back", "normal", "slope", "albedo", "back_albedo", "mask", "volume", "frame"}
    for name in ("front", "back", "volume", "frame"):
        assert history[-1][name] < 0.9 * history[0][name], name


def test_a_perfect_answer_costs_next_to_nothing():
    known = batch(2)
    distance = torch.full((2, 16, 16, 16), 0.5)
    said = {name: known[name] for name in ("front", "back", "normal", "albedo", "back_albedo")}
    said |= {
        "doubt": torch.full((2, 2, 32, 32), -5.0), "mask": 40 * (known["mask"] - 0.5),
        "volume": torch.full((2, 16, 16, 16), -4.0), "frame": known["frame"],
    }  # fmt: skip
    parts = losses(said, known, distance)
    for name in ("albedo", "back_albedo", "mask"):
        assert float(parts[name]) < 1e-3, name
    assert float(parts["front"]) < 0
    assert float(parts["normal"]) < 1e-5


def test_muon_steps_are_orthogonal():
    from training.muon import Muon, orthogonal

    torch.manual_seed(1)
    values = torch.linalg.svdvals(orthogonal(torch.randn(24, 60)))
    assert values.min() > 0.6
    assert values.max() < 1.3
    weight = torch.nn.Parameter(torch.randn(8, 4, 3, 3))
    target = torch.randn(8, 4, 3, 3)
    optimiser = Muon([weight], lr=0.2)
    start = float(((weight - target) ** 2).mean().detach())
    for _ in range(120):
        weight.grad = (weight - target).detach()
        optimiser.step()
    assert float(((weight - target) ** 2).mean().detach()) < 0.05 * start


def test_checkpoints_survive_being_cut(tmp_path, monkeypatch):
    from training import train

    monkeypatch.setattr(train, "_PIECE", 1000)
    state = {"size": "small", "net": {"a": torch.arange(2000.0)}, "steps": 7}
    write_pieces(tmp_path, state)
    assert len(list(tmp_path.glob("*.part"))) > 5
    write_pieces(tmp_path, {**state, "steps": 8})
    again = read_pieces(tmp_path)
    assert again is not None
    assert again["steps"] == 8
    assert torch.equal(again["net"]["a"], state["net"]["a"])
    assert read_pieces(tmp_path / "nothing") is None


def test_the_export_says_what_the_network_says(tmp_path):
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    from training.export import OUTPUTS, write

    net = Sculptor(TINY).eval()
    write(net, tmp_path / "net.onnx", {"samples": 3})
    planes = torch.rand(1, 6, 32, 32)
    with torch.no_grad():
        made = net(planes)
    session = onnxruntime.InferenceSession((tmp_path / "net.onnx").read_bytes())
    for name, value in zip(OUTPUTS, session.run(list(OUTPUTS), {"planes": planes.numpy()}), strict=True):
        assert np.allclose(value, made[name].numpy(), atol=5e-3), name
    model = onnx.load(tmp_path / "net.onnx")
    wide = [w for w in model.graph.initializer if w.data_type == onnx.TensorProto.FLOAT and np.prod(w.dims) >= 256]
    assert not wide
    assert callable(halve)


@pytest.mark.parametrize("number", range(20))
def test_made_up_shapes_are_whole(number):
    thing = shape(number)
    assert np.isfinite(thing.vertices).all()
    assert np.ptp(thing.vertices, axis=0).max() == pytest.approx(1)
    assert np.array_equal(thing.vertices, shape(number).vertices)
    directed = np.sort(thing.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    counts = np.unique(directed, axis=0, return_counts=True)[1]
    assert (counts % 2 == 0).all()
