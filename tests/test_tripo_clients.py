"""Real clients of Tripo, as they lie on PyPI, against our server: what they download is what `mq.make` makes.

Each release is fetched by pip into a folder of its own and runs unmodified in a process of its own.
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

RELEASES = ("0.3.0", "0.3.12", "0.4.2", "1.0.0")
PROGRAM = """
import asyncio, json, sys
release, base, photo, out = sys.argv[1:]
sys.modules["boto3"] = None  # without it the clients upload by form
import tripo3d
from tripo3d import TripoClient

async def main():
    said = {}
    if release.startswith("0."):
        TripoClient.BASE_URL = f"{base}/v2/openapi"
        client = TripoClient(api_key="tsk_test")
    else:
        client = TripoClient(api_key="tsk_test", v3_base_url=base)
    async with client:
        said["balance"] = (await client.get_balance()).balance
        task = await client.wait_for_task(await client.image_to_model(image=photo, model_version="maquette-GENERATOR"))
        said["status"], said["id"] = str(task.status), task.task_id
        said["files"] = await client.download_task_models(task, out)
        for kind in ("STL", "3MF"):
            done = await client.wait_for_task(await client.convert_model(task.task_id, kind))
            files = await client.download_task_models(done, out)
            said[kind] = next(path for path in files.values() if path)
        try:
            await client.get_task("00000000-0000-0000-0000-000000000000")
        except Exception as problem:
            said["missing"] = str(problem)
        try:
            await client.wait_for_task(await client.image_to_model(image=photo, face_limit=10**9))
        except Exception as problem:
            said["limit"] = str(problem)
    print(json.dumps(said, default=str))

asyncio.run(main())
""".replace("GENERATOR", GENERATOR)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    return shelf_of(tmp_path_factory)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with tiny_stages.serving(tmp_path_factory) as server:
        yield server


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    return mq.save(cut_out(64), tmp_path_factory.mktemp("photo") / "thing.png")


@pytest.fixture(scope="module")
def expected(server, photo, tmp_path_factory):
    """What Python makes of it, in three formats."""
    asset = mq.make(photo.read_bytes(), "model", knobs={"generator": GENERATOR}, store=Memory())
    folder = tmp_path_factory.mktemp("expected")
    converted = {"": asset, "0.3.0": mq.simplify(asset, max_faces=10_000)}  # 0.3.0 asks for so many by default
    return {
        (release, kind): mq.save(value, folder / f"model.{kind}").read_bytes()
        for release, value in converted.items()
        for kind in ("glb", "stl", "3mf")
    }


@pytest.mark.parametrize("release", RELEASES)
def test_a_release_downloads_what_make_makes(release, shelf, server, photo, expected, tmp_path):
    places = [folder_of(shelf, f"tripo3d=={release}"), folder_of(shelf, "aiohttp")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}
    command = [sys.executable, "-c", PROGRAM, release, server.base, str(photo), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["balance"] == 1000
    assert "success" in said["status"].lower()
    models = {name: path for name, path in said["files"].items() if path and path.endswith(".glb")}
    assert models, said["files"]
    for path in models.values():
        assert Path(path).read_bytes() == expected["", "glb"]
    for kind in ("STL", "3MF"):
        assert said[kind].endswith(kind.lower())
        assert Path(said[kind]).read_bytes() == expected["0.3.0" if release == "0.3.0" else "", kind.lower()]
    assert "2001" in said["missing"] or "not found" in said["missing"]
    assert "face_limit" in said["limit"]
