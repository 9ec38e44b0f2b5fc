"""The example plugin, installed as a stranger installs it: its stages stand beside ours and work through every face."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from samples import png

ROOT = Path(__file__).parent.parent
PLUGIN = ROOT / "examples" / "plugin"


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> dict[str, str]:
    """The environment of a process that has the plugin: pip built its wheel, unpacked into a folder of its own."""
    source = shutil.copytree(PLUGIN, tmp_path_factory.mktemp("source") / "plugin")
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--no-compile", "--target", str(site), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ""})
    assert done.returncode == 0, done.stderr
    path = os.pathsep.join([str(site), str(ROOT / "src"), str(ROOT / "tests")])
    return {**os.environ, "PYTHONPATH": path, "MAQUETTE_HOME": str(site / "home")}


@pytest.fixture
def maquette(installed, tmp_path):
    """Run the command line beside the plugin."""

    def call(*words: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "maquette", *words],
            capture_output=True, text=True, check=False, env=installed, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    return call


def vase_photo() -> bytes:
    """A red vase on a light ground: wide in the middle, narrow at its neck."""
    y, x = np.mgrid[0:240, 0:200] + 0.5
    half = 30 + 25 * np.sin(np.clip((y - 30) / 180, 0, 1) * np.pi * 1.4)
    inside = (abs(x - 100) < half) & (y > 30) & (y < 210)
    shade = np.clip(1 - abs(x - 80) / 120, 0.3, 1)[..., None]
    return png(np.where(inside[..., None], shade * [200, 60, 50], 228.0).astype(np.uint8))


def test_its_own_tests_pass_beside_an_installation(installed):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PLUGIN / "tests")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=installed, cwd=ROOT)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("." * 12), done.stdout  # none was skipped


def test_stages_and_help_show_it(maquette):
    assert {"turn", "twist", "grain", "mass", "read-raw", "write-raw"} <= set(maquette("stages").split())
    assert "lathe" in maquette("turn", "--help")
    assert "turn" in maquette("generators")


def test_its_recipe_runs_and_its_check_is_in_the_report(maquette, tmp_path):
    (tmp_path / "vase.png").write_bytes(vase_photo())
    recipe = str(PLUGIN / "src" / "maquette_turnery" / "vase.yaml")
    maquette("run", recipe, "vase.png", "-o", "vase.3mf", "--height-mm", "60", "--twist-deg", "40")
    report = maquette("check", "vase.3mf", "--json", code=0)
    assert '"check": "mass"' in report
    assert "pass" in maquette("mass", "vase.3mf", "--spool-g", "900")


def test_its_generator_swaps_into_our_recipe(maquette, tmp_path):
    (tmp_path / "vase.png").write_bytes(vase_photo())
    said = maquette("print", "vase.png", "-o", "vase.3mf", "--route", "full", "--generator", "turn", "--no-report")
    assert "report: " in said


def test_its_format_converts_both_ways(maquette, tmp_path):
    from maquette.flow import disk
    from samples import ball

    disk.save(ball(), tmp_path / "ball.stl")
    maquette("convert", "ball.stl", "ball.raw")
    maquette("convert", "ball.raw", "back.stl")
    assert (tmp_path / "back.stl").read_bytes()[84:] == (tmp_path / "ball.stl").read_bytes()[84:]
