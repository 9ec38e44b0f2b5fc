"""ComfyUI's nodes as clients, unmodified: Tripo's own extension over `tripo3d`, and ComfyUI's partner nodes.

Neither is in a package registry, so the tests run where a checkout is named: `MAQUETTE_COMFYUI_TRIPO` (ComfyUI-Tripo
1.3) and `MAQUETTE_COMFYUI` (ComfyUI of 2025, which speaks `/proxy/tripo/v2`). What of ComfyUI a node touches is a stub.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import maquette as mq
import tiny_stages
from maquette.flow.memory import Memory
from samples import cut_out
from tripo_clients import GENERATOR, folder_of, shelf_of

STUBS = """
import asyncio, json, os, sys, types
from unittest.mock import MagicMock
release, base, photo, out, checkout = sys.argv[1:]
sys.modules["boto3"] = None
paths = types.ModuleType("folder_paths")
paths.get_input_directory = paths.get_output_directory = lambda: out
sys.modules["folder_paths"] = paths
from PIL import Image
import numpy as np
pixels = np.asarray(Image.open(photo).convert("RGBA"))
"""

EXTENSION = (
    STUBS
    + """
torch = types.ModuleType("torch")
torch.float32 = "float32"
sys.modules["torch"] = torch

class Tensor:
    dtype, is_cuda = "uint8", False
    dim = lambda self: 3
    size = lambda self, axis: pixels.shape[axis]
    numpy = lambda self: pixels

import tripo3d, tripo3d.client
from tripo3d import TripoClient
if release.startswith("0."):
    TripoClient.BASE_URL = base + "/v2/openapi"
else:
    tripo3d.client.BASE_URL_GLOBAL = base
os.environ["TRIPO_API_KEY"] = "tsk_test"
import importlib.util
spec = importlib.util.spec_from_file_location("comfyui_tripo", checkout + "/__init__.py")
nodes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(nodes)

async def main():
    knobs = {"texture": True, "pbr": True, "model_seed": 42, "texture_seed": 42, "texture_quality": "standard",
             "geometry_quality": "standard", "texture_alignment": "original_image", "face_limit": -1, "quad": False,
             "compress": False, "generate_parts": False, "smart_low_poly": False, "auto_size": False,
             "orientation": "default", "file_prefix": "", "output_directory": ""}
    said = {}
    draft = nodes.TripoAPIDraft()
    said["draft"], info = await draft.generate_mesh(
        "image_to_model", image=Tensor(), apikey="", model_version="maquette-GENERATOR", **knobs)
    try:
        await nodes.TripoAnimateRigNode().generate_mesh(info, "v2.0-20250506", "glb", "tripo")
    except BaseException as problem:
        said["rig"] = str(problem)
    made = await nodes.TripoConvertNode().generate_mesh(info, "STL")
    said["stl"] = made[0] if isinstance(made, tuple) else made
    print("SAID " + json.dumps(said))

asyncio.run(main())
""".replace("GENERATOR", GENERATOR)
)

PARTNER = (
    STUBS
    + """
for name in ("comfy", "comfy.utils", "comfy.cli_args", "comfy.comfy_types", "comfy.comfy_types.node_typing", "server",
             "av",
             "comfy_api", "comfy_api.input_impl", "comfy_api.util", "comfy_api.input", "comfy_api.input.video_types",
             "comfy_api.input.basic_types", "comfy_api_nodes.apis.request_logger"):
    sys.modules[name] = MagicMock()
sys.modules["comfy.cli_args"].args.comfy_api_base = base
sys.modules["comfy.utils"].common_upscale = lambda image, *rest: image
sys.path.insert(0, checkout)
import torch
from comfy_api_nodes import nodes_tripo, apinode_utils
from comfy_api_nodes.apis import client
image = torch.from_numpy(pixels[None].astype("float32") / 255)

async def main():
    node = nodes_tripo.TripoImageToModelNode()
    name, task = await node.generate_mesh(
        image, model_version="v2.5-20250123", texture=True, pbr=True, model_seed=42, orientation="default",
        texture_seed=42, texture_quality="standard", face_limit=-1, quad=False, unique_id="1",
        comfy_api_key="comfy-key")
    print("SAID " + json.dumps({"file": os.path.join(out, name), "task": task}))

asyncio.run(main())
"""
)


def checkout(name: str, holds: str) -> Path:
    """The folder that an environment variable names."""
    place = Path(os.environ.get(name) or "/nowhere")
    if not (place / holds).exists():
        pytest.skip(f"needs a checkout in {name}: these nodes are in no package registry")
    return place


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return shelf_of(tmp_path_factory)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tiny_stages.serving(tmp_path_factory) as server:
        yield server


@pytest.fixture
def photo(tmp_path):
    return mq.save(cut_out(64), tmp_path / "thing.png")


def said_by(program: str, places: list[Path], *words: str) -> dict[str, str]:
    """What a program says at its end."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}
    done = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, env=env, check=False, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("SAID "))[5:])


@pytest.mark.parametrize("release", ["0.4.2", "1.0.0"])
def test_tripos_extension_drafts_and_converts(release, shelf, server, photo, tmp_path):
    place = checkout("MAQUETTE_COMFYUI_TRIPO", "__init__.py")
    places = [folder_of(shelf, f"tripo3d=={release}"), folder_of(shelf, "aiohttp")]
    said = said_by(EXTENSION, places, release, server.base, str(photo), str(tmp_path), str(place))
    upload = tmp_path / "image.png"  # the node writes the picture anew before it sends it
    asset = mq.make(upload.read_bytes(), "model", knobs={"generator": GENERATOR}, store=Memory())
    (folder := tmp_path / "expected").mkdir()
    assert Path(said["draft"]).read_bytes() == mq.save(asset, folder / "model.glb").read_bytes()
    assert Path(said["stl"]).read_bytes() == mq.save(asset, folder / "model.stl").read_bytes()
    assert "2002" in said["rig"] or "type" in said["rig"]


def test_comfyuis_own_node_uploads_makes_and_downloads(shelf, server, photo, tmp_path):
    place = checkout("MAQUETTE_COMFYUI", "comfy_api_nodes/nodes_tripo.py")
    pytest.importorskip("torch", reason="needs the judges' PyTorch")
    said = said_by(PARTNER, [folder_of(shelf, "aiohttp")], "", server.base, str(photo), str(tmp_path), str(place))
    assert Path(said["file"]).read_bytes()[:4] == b"glTF"
    task = server.client.get(f"/v2/openapi/task/{said['task']}", headers={"Authorization": "Bearer tsk_x"}).json()
    assert task["data"]["status"] == "success"
