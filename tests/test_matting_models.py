"""Published models: what the refusal names, what a wrong or changed file does, and a right one."""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np
import pytest

import maquette as mq
from maquette.core.errors import BadInput, Unavailable
from maquette.photo import learned_matte, matting_models
from samples import cut_out

onnx = pytest.importorskip("onnx", reason="onnx makes the small model that stands in for a published one")


def brightness_model(side: int, mean: float) -> bytes:
    """A network of one layer: logit 40 (r + g + b + 3 mean - 1.5), as large as ``side`` and with a second output."""
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.full((1, 3, 1, 1), 40, np.float32), "w")
    bias = numpy_helper.from_array(np.array([40 * (3 * mean - 1.5)], np.float32), "b")
    nodes = [helper.make_node("Conv", ["input", "w", "b"], ["d0"]), helper.make_node("Sigmoid", ["d0"], ["d1"])]
    shape = [1, 1, side, side]
    graph = helper.make_graph(
        nodes, "brightness", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, side, side])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("d0", "d1")], [weight, bias],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model.SerializeToString()


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A published model with the sums of a stand-in, and the folder it belongs into."""
    monkeypatch.setattr(matting_models, "home", lambda: tmp_path)
    data = brightness_model(1024, 0.5)
    model = dataclasses.replace(matting_models.MODELS["isnet"], md5=hashlib.md5(data).hexdigest())
    monkeypatch.setitem(learned_matte.MODELS, "isnet", model)
    return model, data


@pytest.mark.parametrize("name", ["u2net", "isnet", "birefnet-lite", "birefnet"])
def test_a_model_that_is_not_here_says_how_to_get_it(name, tmp_path, monkeypatch):
    monkeypatch.setattr(matting_models, "home", lambda: tmp_path)
    model = matting_models.MODELS[name]
    with pytest.raises(Unavailable) as refusal:
        mq.matte(cut_out(96).replace(mask=None), method=name)
    for fact in (model.address, model.licence, model.md5, str(model.path)):
        assert fact in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_a_published_model_runs_as_it_was_trained(shelf):
    model, data = shelf
    model.path.parent.mkdir(parents=True)
    model.path.write_bytes(data)
    pixels = np.full((200, 300, 3), 20, np.uint8)
    pixels[60:140, 100:200] = 255
    made = mq.matte(mq.Subject(pixels), method="isnet")  # right only with mean 0.5 and deviation 1
    truth = pixels[..., 0] > 128
    assert ((made.mask > 0.5) == truth).mean() > 0.995
    assert (model.path.parent / f"{model.name}.sha256").read_text().strip() == hashlib.sha256(data).hexdigest()


def test_the_network_that_ships_runs_without_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(matting_models, "home", lambda: tmp_path)
    rows, columns = np.mgrid[:200, :300]
    truth = np.hypot(rows - 100, columns - 150) < 60
    pixels = np.where(truth[..., None], [200, 60, 40], [90, 120, 160]).astype(np.uint8)
    mask = mq.matte(mq.Subject(pixels), method="u2netp").mask > 0.5
    assert (mask & truth).sum() / (mask | truth).sum() > 0.95
    assert not list(tmp_path.iterdir())


def test_another_file_and_a_changed_file_are_refused(shelf):
    model, data = shelf
    model.path.parent.mkdir(parents=True)
    model.path.write_bytes(data + b"x")
    with pytest.raises(BadInput, match="has md5"):
        model.file()
    model.path.write_bytes(data)
    assert model.file() == model.path
    model.path.write_bytes(data + b"x")
    with pytest.raises(BadInput, match="has changed"):
        model.file()


def test_names_of_sums_are_sums():
    for model in matting_models.MODELS.values():
        assert len(model.md5) == 32
        assert not model.md5.strip("0123456789abcdef")
