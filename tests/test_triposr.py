"""TripoSR's blocks against independent references, its field against point-by-point evaluation, its files refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra [torch]")
pytest.importorskip("safetensors", reason="needs the extra [torch]")

import maquette as mq  # noqa: E402
from maquette.core.errors import BadInput, CannotDo, Unavailable  # noqa: E402
from maquette.generate.triposr import triposr as module  # noqa: E402
from maquette.generate.triposr import weights as triposr_weights  # noqa: E402
from maquette.generate.triposr.field import DensityField, dense, near_surface, surface  # noqa: E402
from maquette.generate.triposr.network import (  # noqa: E402
    RADIUS,
    Shape,
    _block,
    image_tokens,
    layout,
    planes,
    position_embedding,
)
from maquette.geometry.surface import signed_volume  # noqa: E402
from maquette.geometry.topology import is_watertight  # noqa: E402
from samples import cut_out  # noqa: E402
from triposr_checkpoint import SMALL, blob_weights, random_weights  # noqa: E402


@pytest.fixture(autouse=True)
def quiet():
    torch.set_num_threads(2)
    with torch.inference_mode():
        yield


@pytest.fixture
def small(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "SHAPE", SMALL)
    monkeypatch.setenv("MAQUETTE_HOME", str(tmp_path / "home"))
    return tmp_path


def test_published_layout_has_the_published_totals():
    names = layout(Shape())
    assert len(names) == 549
    assert sum(math.prod(size) for size in names.values()) == 419_275_628


@pytest.mark.parametrize("side", [SMALL.grid * SMALL.patch, SMALL.image])
def test_encoder_agrees_with_transformers(side):
    transformers = pytest.importorskip("transformers", reason="the reference for the encoder")
    w = random_weights(SMALL)
    root = "image_tokenizer.model"
    config = transformers.ViTConfig(
        hidden_size=SMALL.vit_width, num_hidden_layers=SMALL.vit_layers, num_attention_heads=SMALL.vit_heads,
        intermediate_size=4 * SMALL.vit_width, image_size=side, patch_size=SMALL.patch, layer_norm_eps=1e-12,
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, qkv_bias=True, hidden_act="gelu",
    )  # fmt: skip
    reference = transformers.ViTModel(config).eval()
    state = {name.removeprefix(f"{root}."): tensor for name, tensor in w.items() if name.startswith(root)}
    learned = state["embeddings.position_embeddings"]
    state["embeddings.position_embeddings"] = position_embedding(learned[0], SMALL.grid, side // SMALL.patch)[None]
    reference.load_state_dict(_as_this_version_names_them(state, reference.state_dict()))
    pixels = torch.rand(3, side, side, generator=torch.Generator().manual_seed(5))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected = reference(((pixels - mean.view(3, 1, 1)) / deviation.view(3, 1, 1))[None]).last_hidden_state[0]
    assert (image_tokens(pixels, w, SMALL) - expected).abs().max() < 1e-4


def _as_this_version_names_them(state, wanted):
    """Newer transformers rename layers; the published names are mapped by what stays: order and shapes."""
    if set(wanted) == set(state):
        return state
    changes = [
        ("encoder.layer.", "layers."), ("attention.attention.query", "attention.q_proj"),
        ("attention.attention.key", "attention.k_proj"), ("attention.attention.value", "attention.v_proj"),
        ("attention.output.dense", "attention.o_proj"), ("intermediate.dense", "mlp.fc1"), ("output.dense", "mlp.fc2"),
    ]  # fmt: skip
    renamed = {}
    for name, tensor in state.items():
        new = name
        for old, replacement in changes:
            new = new.replace(old, replacement)
        renamed[new] = tensor
    assert set(wanted) == set(renamed), sorted(set(wanted) ^ set(renamed))[:6]
    return renamed


def test_position_embedding_is_resampled_by_the_published_scale():
    learned = torch.arange(1 + 9, dtype=torch.float32)[:, None].expand(10, 2)
    made = position_embedding(learned, 3, 7)
    assert made.shape == (50, 2)
    assert torch.equal(made[0], learned[0])
    assert torch.equal(position_embedding(learned, 3, 3), learned)
    source = ((np.arange(7) + 0.5) / (7.1 / 3) - 0.5).tolist()
    by_hand = [_cubic_rows(learned[1:, 0].reshape(3, 3), source[0], at) for at in source]
    assert made[1:8, 0].numpy() == pytest.approx(by_hand, abs=1e-4)


def _cubic(values, at):
    """Cubic convolution (Keys 1981, a = -0.75) of three values with repeated ends."""
    base, total = math.floor(at), 0.0
    for k in range(-1, 3):
        d = abs(at - (base + k))
        a = -0.75
        weight = (a + 2) * d**3 - (a + 3) * d**2 + 1 if d <= 1 else a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
        total += weight * float(values[min(max(base + k, 0), 2)])
    return total


def _cubic_rows(grid, row, column):
    return _cubic([_cubic(grid[r], column) for r in range(3)], row)


def test_block_agrees_with_torch_modules():
    w = random_weights(SMALL)
    name, width = "backbone.transformer_blocks.1", SMALL.width
    generator = torch.Generator().manual_seed(3)
    x, image = torch.randn(40, width, generator=generator), torch.randn(17, SMALL.vit_width, generator=generator)
    expected = x
    for attention, norm, source in (("attn1", "norm1", None), ("attn2", "norm2", image)):
        y = torch.nn.functional.layer_norm(expected, (width,), w[f"{name}.{norm}.weight"], w[f"{name}.{norm}.bias"])
        keys = y if source is None else source
        reference = torch.nn.MultiheadAttention(
            width, SMALL.heads, bias=True, kdim=keys.shape[1], vdim=keys.shape[1], batch_first=True
        ).eval()
        if reference._qkv_same_embed_dim:
            three = [w[f"{name}.{attention}.to_{part}.weight"] for part in "qkv"]
            reference.in_proj_weight.copy_(torch.cat(three))
        else:
            for part in "qkv":
                getattr(reference, f"{part}_proj_weight").copy_(w[f"{name}.{attention}.to_{part}.weight"])
        reference.in_proj_bias.zero_()
        reference.out_proj.weight.copy_(w[f"{name}.{attention}.to_out.0.weight"])
        reference.out_proj.bias.copy_(w[f"{name}.{attention}.to_out.0.bias"])
        expected = expected + reference(y[None], keys[None], keys[None], need_weights=False)[0][0]
    y = torch.nn.functional.layer_norm(expected, (width,), w[f"{name}.norm3.weight"], w[f"{name}.norm3.bias"])
    inner = y @ w[f"{name}.ff.net.0.proj.weight"].T + w[f"{name}.ff.net.0.proj.bias"]
    value, gate = inner[:, : 4 * width], inner[:, 4 * width :]
    gelu = 0.5 * gate * (1 + torch.erf(gate / math.sqrt(2)))
    expected = expected + (value * gelu) @ w[f"{name}.ff.net.2.weight"].T + w[f"{name}.ff.net.2.bias"]
    assert (_block(x, image, w, name, SMALL) - expected).abs().max() < 1e-4


def test_planes_without_blocks_are_norm_projection_residual_and_upsampling():
    """With zero blocks the backbone is x + W(W'(norm x)); the rest is a transposed convolution."""
    flat = Shape(**{**SMALL.__dict__, "layers": 0})
    w = random_weights(flat)
    start = w["tokenizer.embeddings"]
    rows = torch.stack([start[p, :, i, j] for p in range(3) for i in range(8) for j in range(8)], dim=1)  # (C, N)
    norm = torch.nn.GroupNorm(flat.groups, flat.width, eps=1e-6)
    x = norm(rows[None])[0].T @ w["backbone.proj_in.weight"].T + w["backbone.proj_in.bias"]
    x = x @ w["backbone.proj_out.weight"].T + w["backbone.proj_out.bias"]
    full = (x.T + rows).reshape(flat.width, 3, 8, 8)
    upsample = torch.nn.ConvTranspose2d(flat.width, flat.channels, 2, stride=2)
    upsample.weight.copy_(w["post_processor.upsample.weight"])
    upsample.bias.copy_(w["post_processor.upsample.bias"])
    expected = torch.stack([upsample(full[None, :, p])[0] for p in range(3)])
    made = planes(torch.zeros(5, flat.vit_width), w, flat)
    assert (made - expected).abs().max() < 1e-4


def test_field_agrees_with_bilinear_look_ups_by_hand():
    w = random_weights(SMALL)
    grid = torch.randn(3, SMALL.channels, 16, 16, generator=torch.Generator().manual_seed(1))
    field = DensityField(grid, w)
    points = (torch.rand(50, 3, generator=torch.Generator().manual_seed(2)) * 2 - 1) * RADIUS
    features = np.zeros((50, 3 * SMALL.channels))
    for n, point in enumerate(points.numpy() / RADIUS):
        for plane, (first, second) in enumerate(((0, 1), (0, 2), (1, 2))):
            column, row = (((point[axis] + 1) * 16 - 1) / 2 for axis in (first, second))
            r0, c0 = math.floor(row), math.floor(column)
            for r, c in ((r0, c0), (r0, c0 + 1), (r0 + 1, c0), (r0 + 1, c0 + 1)):
                if 0 <= r < 16 and 0 <= c < 16:
                    weight = (1 - abs(row - r)) * (1 - abs(column - c))
                    features[n, plane * 8 : plane * 8 + 8] += weight * grid[plane, :, r, c].numpy()
    x = features
    for index in range(SMALL.hidden + 1):
        x = x @ w[f"decoder.layers.{2 * index}.weight"].numpy().T + w[f"decoder.layers.{2 * index}.bias"].numpy()
        if index < SMALL.hidden:
            x = x / (1 + np.exp(-x))
    assert np.abs(field.sample(points).numpy() - x).max() < 1e-4


@pytest.mark.parametrize("resolution", [65, 129, 150])
def test_coarse_to_fine_finds_the_dense_surface(resolution):
    w = blob_weights(SMALL)
    made = planes(image_tokens(torch.full((3, 64, 64), 0.4), w, SMALL), w, SMALL)
    field = DensityField(made, w)
    whole = dense(field, resolution)
    part, evaluated = near_surface(field, resolution, 25.0)
    assert 0.02 < (whole > 25).mean() < 0.5
    assert ((whole > 25) == (part > 25)).all()
    ours, theirs = surface(part, 25.0), surface(whole, 25.0)
    assert np.array_equal(ours[1], theirs[1])
    assert np.abs(ours[0] - theirs[0]).max() < 1e-4
    assert is_watertight(ours[1])
    assert signed_volume(*ours) > 0
    assert evaluated <= resolution**3 * (1.0 if resolution == 65 else 0.35)


def save_tensors(path, tensors):
    torch.save({name: tensor.clone() for name, tensor in tensors.items()}, path)
    return path


def test_runs_end_to_end_and_the_same_twice(small):
    file = save_tensors(small / "model.ckpt", blob_weights(SMALL))
    first = mq.triposr(cut_out(96), weights=str(file), resolution=64)
    assert first == mq.triposr(cut_out(96), weights=str(file), resolution=64)
    assert is_watertight(first.mesh.faces)
    assert first.mesh.color.std() > 1
    assert 0 < first.mesh.seen.mean() < 0.8
    assert first.mesh.bounds[1].max() < RADIUS * 100
    twin = next((small / "home" / "weights").rglob("*.safetensors"))
    again = mq.triposr(cut_out(96), weights=str(twin), resolution=64)
    assert again.mesh == first.mesh


def test_axes_the_published_x_looks_at_the_viewer(small):
    """A body pushed along the checkpoint's +X and +Y must lie toward the viewer and to the picture's right."""
    turned = module._body
    probe = np.array([[0.5, 0.2, 0.1], [0.6, 0.2, 0.1], [0.5, 0.3, 0.1], [0.5, 0.2, 0.2]])
    module._body = lambda *_: (probe, np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]]), np.zeros((4, 3)))
    try:
        asset = mq.triposr(cut_out(96), weights=str(save_tensors(small / "m.ckpt", random_weights(SMALL))))
    finally:
        module._body = turned
    x, y, z = asset.mesh.vertices[0] / module.SCALE
    assert (x, y, z) == pytest.approx((0.2, -0.5, 0.1))
    flat, depth = asset.camera.project(asset.mesh.vertices[:1])
    assert flat[0, 0] > 0.5 > flat[0, 1]
    assert depth[0] == pytest.approx((module.DISTANCE - 0.5) * module.SCALE)


def test_conditioning_centers_the_subject_on_grey():
    made = module.conditioning(cut_out(96), 64)
    assert made.shape == (3, 64, 64)
    assert made[:, 0, 0] == pytest.approx([0.5] * 3, abs=1e-6)
    red = made[0] - made[1] > 0.05
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert rows[-1] - rows[0] + 1 == pytest.approx(0.85 * 64, abs=3)
    assert rows[0] + rows[-1] == pytest.approx(63, abs=1)
    assert columns[0] + columns[-1] == pytest.approx(63, abs=1)


class Hostile:
    def __reduce__(self):
        return (print, ("this must never run",))


def tamper(kind, path):
    tensors = random_weights(SMALL)
    name = "backbone.proj_in.weight"
    if kind == "missing":
        del tensors[name]
    elif kind == "unexpected":
        tensors["backbone.extra.weight"] = torch.zeros(3)
    elif kind == "shape":
        tensors[name] = tensors[name][:, :-1]
    elif kind == "infinite":
        tensors[name][0, 0] = math.inf
    elif kind == "whole numbers":
        tensors[name] = tensors[name].to(torch.int32)
    save_tensors(path, tensors)
    data = bytearray(path.read_bytes())
    if kind == "truncated":
        data = data[: len(data) // 2]
    elif kind == "flipped bit":
        at = bytes(data).index(tensors[name].numpy().tobytes()[:64])
        data[at + 8] ^= 4
    elif kind == "not an archive":
        data = bytearray(b"hello")
    path.write_bytes(data)


@pytest.mark.parametrize(
    "kind",
    ["missing", "unexpected", "shape", "infinite", "whole numbers", "truncated", "flipped bit", "not an archive"],
)
def test_wrong_checkpoints_are_refused(small, kind):
    tamper(kind, small / "bad.ckpt")
    with pytest.raises(BadInput, match=r"triposr: .*bad"):
        mq.triposr(cut_out(96), weights=str(small / "bad.ckpt"))
    assert not list((small / "home").rglob("*.safetensors"))


def test_code_in_a_checkpoint_never_runs(small, capsys):
    torch.save({**random_weights(SMALL), "payload": Hostile()}, small / "bad.ckpt")
    with pytest.raises(BadInput, match="more than tensors"):
        mq.triposr(cut_out(96), weights=str(small / "bad.ckpt"))
    assert "never run" not in capsys.readouterr().out


def test_damaged_safetensors_are_refused(small):
    from safetensors.torch import save_file

    save_file(random_weights(SMALL), str(small / "good.safetensors"))
    data = (small / "good.safetensors").read_bytes()
    (small / "short.safetensors").write_bytes(data[:-100])
    with pytest.raises(BadInput, match="short"):
        mq.triposr(cut_out(96), weights=str(small / "short.safetensors"))


def test_says_how_to_get_the_published_weights(small):
    with pytest.raises(Unavailable) as problem:
        mq.triposr(cut_out(96))
    text = str(problem.value)
    assert "1,677,246,742" in text
    assert triposr_weights.CHECKPOINT.sha256 in text
    assert "MIT" in text
    assert "MAQUETTE_DOWNLOAD" in text


def test_empty_field_and_missing_mask_and_device(small):
    file = str(save_tensors(small / "m.ckpt", random_weights(SMALL)))
    with pytest.raises(CannotDo, match="density"):
        mq.triposr(cut_out(96), weights=file, threshold=1e29, resolution=32)
    with pytest.raises(BadInput, match="matte"):
        mq.triposr(cut_out(96).replace(mask=None), weights=file)
    if not torch.cuda.is_available():
        with pytest.raises(Unavailable, match="CUDA"):
            mq.triposr(cut_out(96), weights=file, device="cuda")
