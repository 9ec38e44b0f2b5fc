"""A stranger's task list: a check, format, generator, operation, channel, recipe and knob are one file each.

Each test puts that one file of examples/plugin, and nothing else, beside an installation, with the one line of
metadata that pip writes, and finds it where a user looks for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from maquette.core.asset import Asset
from maquette.flow import disk
from samples import ball, png
from shapes import box

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples" / "plugin" / "src" / "maquette_turnery"


@pytest.fixture
def beside(tmp_path):
    """Installs single files as plugins of one module each and runs Python there."""
    site = tmp_path / "site"
    site.mkdir()
    path = os.pathsep.join([str(site), str(ROOT / "src")])
    env = {**os.environ, "PYTHONPATH": path, "MAQUETTE_HOME": str(tmp_path / "home")}

    def run(*words: str, files: tuple[str, ...] = ()) -> str:
        for name in files:
            (site / f"stranger_{name}.py").write_bytes((EXAMPLES / f"{name}.py").read_bytes())
            folder = site / f"stranger_{name}-1.0.dist-info"
            folder.mkdir()
            (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: stranger-{name}\nVersion: 1.0\n")
            (folder / "entry_points.txt").write_text(f"[maquette]\n{name} = stranger_{name}\n")
        done = subprocess.run(
            [sys.executable, *words], capture_output=True, text=True, check=False, env=env, cwd=tmp_path
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def spindle() -> bytes:
    """A photo of something turned: red, on a light ground, narrow in its middle."""
    y, x = np.mgrid[0:160, 0:120] + 0.5
    half = 25 + 15 * np.cos((y - 20) / 120 * 2 * np.pi)
    inside = (abs(x - 60) < half) & (y > 20) & (y < 140)
    shade = np.clip(1 - abs(x - 45) / 90, 0.3, 1)[..., None]
    return png(np.where(inside[..., None], shade * [200, 60, 50], 228.0).astype(np.uint8))


def test_a_check_is_one_file(beside, tmp_path):
    disk.save(Asset(box((20, 20, 20)), sized=True), tmp_path / "cube.3mf")
    report = json.loads(beside("-m", "maquette", "check", "cube.3mf", "--json", files=("mass",)))
    (mine,) = [finding for finding in report["findings"] if finding["check"] == "mass"]
    assert mine["value"] == pytest.approx(8 * 1.24)  # grams of 8 cm³


def test_a_format_is_one_file(beside, tmp_path):
    disk.save(ball(), tmp_path / "ball.stl")
    beside("-m", "maquette", "convert", "ball.stl", "ball.raw", files=("raw",))
    beside("-c", "import maquette as mq; mq.save(mq.load('ball.raw'), 'back.stl')")
    assert len((tmp_path / "ball.raw").read_text().split("\n")[0].split()) == 9
    assert (tmp_path / "back.stl").read_bytes()[84:] == (tmp_path / "ball.stl").read_bytes()[84:]


def test_a_generator_is_one_file(beside, tmp_path):
    (tmp_path / "spindle.png").write_bytes(spindle())
    rows = json.loads(beside("-m", "maquette", "generators", "--json", files=("turn",)))["generators"]
    assert "turn" in {row["name"] for row in rows}
    code = "import maquette as mq; a = mq.make('spindle.png', route='full', generator='turn', height_mm=50)"
    history = beside("-c", code + "; print(*(step.stage for step in a.history), round(a.size[2], 3))").split()
    assert "turn" in history
    assert history[-1] == "50.0"


def test_an_operation_is_one_file(beside, tmp_path):
    disk.save(ball(), tmp_path / "ball.glb")
    assert "--turns-deg" in beside("-m", "maquette", "twist", "--help", files=("twist",))
    code = "import maquette as mq; print(mq.twist(mq.load('ball.glb'), turns_deg=9).history[-1].settings)"
    assert beside("-c", code) == '{"turns_deg":9.0}\n'


def test_a_channel_is_one_file(beside, tmp_path):
    """It turns with the model and lasts through thinning and cutting, into the files that hold it and back."""
    disk.save(ball(), tmp_path / "ball.glb")
    beside("-m", "maquette", "grain", "ball.glb", "-o", "wood.glb", "--along", "y", files=("grain",))
    steps = "a = mq.split(mq.rotate(mq.simplify(a, max_faces=300), z_deg=90), by='plane', connector='none'); "
    steps += "b = mq.load(mq.save(a, 'wood.ply')); "
    code = f"import maquette as mq, numpy as np; a = mq.load('wood.glb'); {steps}"
    code += "print(len(b.mesh.faces), *(float(np.abs(m.mesh.channel('grain') - [-1, 0, 0]).max()) for m in (a, b)))"
    count, *astray = map(float, beside("-c", code).split())
    assert 200 < count < 500
    assert max(astray) < 1e-6
    assert b"property float grain_0" in (tmp_path / "wood.ply").read_bytes()
    said = beside("-m", "maquette", "convert", "wood.ply", "wood.obj", "--json")
    assert "the channel 'grain': .obj has no place for them; .glb keeps them" in said


def test_a_recipe_is_one_file_and_a_knob_one_line_of_it(beside, tmp_path):
    (tmp_path / "spindle.png").write_bytes(spindle())
    vase = (EXAMPLES / "vase.yaml").read_text()
    assert "rings" not in vase
    (tmp_path / "mine.yaml").write_text(vase.replace("knobs:\n", "knobs:\n  rings: {turns: raw.rings}\n"))
    assert "--rings" in beside("-m", "maquette", "run", "mine.yaml", "--help", files=("turn", "twist"))
    faces = []
    for rings in ("10", "20"):
        beside("-m", "maquette", "run", "mine.yaml", "spindle.png", "-o", "vase.ply", "--rings", rings, "--sides", "8")
        faces.append(len(disk.read(tmp_path / "vase.ply").mesh.faces))
    assert faces == [2 * 8 * 10, 2 * 8 * 20]
