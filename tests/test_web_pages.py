"""The workbench without a browser: its page, its bundles, what it asks the server for."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("dbos", reason="needs the extra server")

import numpy as np
from PIL import Image

import maquette as mq
import tiny_stages
from maquette.flow.engine.run import run
from maquette.flow.recipes.load import load_recipe
from maquette.flow.recipes.write import plain_recipe, turned_steps, yaml_of
from maquette.registry import registry
from samples import ball, cut_out, png
from shapes import box
from tiny_stages import Server

SITE = Path(mq.__file__).parent / "faces" / "web" / "site"
TEXTS = sorted(path for kind in ("js", "css") for path in SITE.rglob(f"*.{kind}") if path.parent.name != "vendor")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    site = tmp_path_factory.mktemp("site")
    env = tiny_stages.install(site)
    program = site / "orca-slicer"  # a window that only notes what it was asked to show
    program.write_text(f'#!/bin/sh\necho "$1" > {site}/shown.txt\nsleep 3\n')
    program.chmod(0o755)
    env["PATH"] = f"{site}{os.pathsep}{env['PATH']}"
    server = Server(tmp_path_factory.mktemp("home"), env)
    server.site = site
    yield server
    server.process.kill()
    server.stop()


@pytest.fixture(scope="module")
def made(server):
    """A photo made into a pyramid and judged; the ended job."""
    subject = cut_out(64)
    alpha = (np.asarray(subject.mask) * 255).astype(np.uint8)
    digest = server.upload(png(np.dstack([np.asarray(subject.pixels), alpha])), "ball.png")
    order = {"inputs": {"front": {"digest": digest, "name": "ball.png"}}, "output": "ball.3mf", "destination": "print"}
    order["options"] = {"generator": "tiny-lump", "report": False}
    return server.job(server.client.post("/api/jobs", json=order).json()["id"], 200)


def test_bundles_are_those_that_were_recorded():
    sources = json.loads((SITE / "vendor" / "sources.json").read_text())
    for name, digest in sources["bundles"].items():
        assert hashlib.sha256((SITE / "vendor" / name).read_bytes()).hexdigest() == digest, name
    licences = (SITE / "vendor" / "LICENCES.txt").read_text()
    for name, facts in sources["packages"].items():
        assert f"{name} {facts['version']}" in licences
        assert facts["licence"] in ("MIT", "Apache-2.0")
    assert {path.name for path in (SITE / "vendor").glob("*.js")} == set(sources["bundles"])


def test_modules_are_short_and_lead_to_each_other():
    for path in TEXTS:
        text = path.read_text()
        assert len(text.splitlines()) < 300, path.name
        assert not re.search(r"https?://(?!www\.w3\.org)", text), path.name  # nothing from elsewhere
        for source in re.findall(r'(?:from|import\()\s*"(\.[^"]+)"', text):
            assert (path.parent / source).resolve().is_file(), f"{path.name}: {source}"


def test_no_rule_of_the_style_is_dead():
    code = "".join(path.read_text() for path in TEXTS if path.suffix == ".js") + (SITE / "index.html").read_text()
    code += (SITE.parent / "surface.py").read_text()
    built = {"pass", "warn", "fail", "unknown", "in", "out", "keep", "cut", "front", "failed", "error", "dragging"}
    built |= {f"type-{kind.__name__.lower()}" for kind in (mq.Asset, mq.Subject, mq.Picture, bytes)}
    built |= {"type-heightmap", "type-artwork", "segment", "quiet", "stale", "running", "raw"}
    for path in TEXTS:
        if path.suffix == ".css":
            rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", path.read_text(), flags=re.S)
            names = set(re.findall(r"\.(-?[a-z][\w-]*)", rules))
            dead = {name for name in names - built if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", code)}
            assert not dead, f"{path.name}: {sorted(dead)}"


def test_the_page_stands_at_each_address_and_lets_nothing_else_in(server):
    for address in ("/", "/m/0123", "/m/0123/graph", "/batch/b-0123"):
        page = server.client.get(address)
        assert page.status_code == 200
        policy = page.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "<script>" not in page.text
        assert "style=" not in page.text
    names = re.findall(r'(?:href|src)="(/site/[^"]+)"', page.text)
    assert len(names) > 25
    for name in names:
        reply = server.client.get(name)
        assert reply.status_code == 200, name
        again = server.client.get(name, headers={"If-None-Match": reply.headers["etag"]})
        assert again.status_code == 304
    assert server.client.get("/site/../views.py").status_code == 404
    assert server.client.get("/site/vendor/nothing.js").status_code == 404
    assert server.client.get("/", headers={"Host": "evil.example"}).status_code == 421
    assert server.client.get("/", headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_node_says_its_stage_and_a_check_what_it_found(server, made):
    assert made["state"] == "success", made["error"]
    assert made["order"]["inputs"]["front"]["name"] == "ball.png"
    stream = server.client.get(f"/api/jobs/{made['id']}/events").text
    events = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    nodes = {event["node"]: event for event in events if event["kind"] == "node"}
    assert nodes["raw"]["stage"] == "tiny-lump"
    assert nodes["raw"]["ran"] is True
    (finding,) = nodes["check watertight"]["findings"]
    assert (finding["verdict"], finding["value"]) == ("pass", 0)
    assert "findings" not in json.dumps(made["facts"])


def test_values_on_the_way_can_be_looked_at(server, made):
    base = f"/api/jobs/{made['id']}/steps"
    cut = Image.open(io.BytesIO(server.client.get(f"{base}/cut/view").content))
    assert cut.mode == "RGBA"
    assert abs(np.asarray(cut)[..., 3].mean() / 255 - float(np.mean(cut_out(64).mask))) < 0.01
    for step in ("raw", "result"):
        reply = server.client.get(f"{base}/{step}/view")
        assert reply.content[:4] == b"glTF"
        assert (
            server.client.get(f"{base}/{step}/view", headers={"If-None-Match": reply.headers["etag"]}).status_code
            == 304
        )
    thumb = Image.open(io.BytesIO(server.client.get(f"{base}/result/thumb").content))
    assert max(thumb.size) == 160
    assert server.client.get(f"{base}/nothing/view").status_code == 404
    assert server.client.get(f"/api/jobs/{'0' * 32}/steps/raw/view").status_code == 404


def test_places_of_a_finding_are_triangles_of_the_model(server, made):
    base = f"/api/jobs/{made['id']}/steps/result/paint"
    numbers = np.frombuffer(server.client.get(f"{base}/wall-thickness?n=0").content, "<f4").reshape(-1, 12)
    assert len(numbers)
    height = float(numbers[:, 2:9:3].max() - numbers[:, 2:9:3].min())
    assert height == pytest.approx(80, abs=1e-3)
    assert server.client.get(f"{base}/watertight?n=7").status_code == 404
    assert server.client.get(f"{base}/nothing").status_code == 404
    assert server.client.get(f"{base}/seen").status_code == 404  # the pyramid does not know


def test_a_model_knows_its_photo_and_a_step_without_one_says_so(server, made):
    base = f"/api/jobs/{made['id']}/steps"
    camera = server.client.get(f"{base}/result/camera").json()["camera"]
    assert camera["projection"] == "orthographic"
    assert len(camera["pose"]) == 16
    left, top, right, bottom = camera["box"]
    assert 0 <= left < right <= 1
    assert 0 <= top < bottom <= 1
    photo = Image.open(io.BytesIO(server.client.get(f"{base}/result/photo").content))
    assert (photo.mode, photo.width / photo.height) == ("RGBA", pytest.approx(camera["aspect"], abs=0.02))
    assert server.client.get(f"{base}/cut/camera").json() == {"camera": None}
    assert server.client.get(f"{base}/cut/photo").status_code == 404


def test_parts_and_colors_are_counted_by_area(server, tmp_path):
    one, other = box(), box()
    mesh = mq.Mesh(
        np.vstack([one.vertices, other.vertices + [100, 0, 0]]),
        np.vstack([one.faces, other.faces + len(one.vertices)]),
        part=np.repeat([0, 1], len(one.faces)),
        material=np.repeat([0, 1], len(one.faces)),
    )
    red, blue = mq.Material("red", base_color=(1, 0, 0, 1)), mq.Material("ink", base_color=(0, 0, 1, 1))
    place = mq.save(mq.Asset(mesh, (red, blue), part_names=("left", "right")), tmp_path / "two.glb")
    recipe = {"recipe": "as-it-is", "summary": "As it is.", "inputs": ["asset"], "result": "settled"}
    recipe["steps"] = {"settled": {"stage": "settle", "from": "asset"}}
    order = {"kind": "recipe", "recipe": json.dumps(recipe, indent=1), "output": "two.glb"}
    order["inputs"] = {"asset": {"digest": server.upload(place.read_bytes(), "two.glb"), "name": "two.glb"}}
    job = server.job(server.client.post("/api/jobs", json=order).json()["id"], 100)
    assert job["state"] == "success", job["error"]
    base = f"/api/jobs/{job['id']}/steps/result"
    rows = server.client.get(f"{base}/makeup").json()
    assert [(part["name"], part["faces"], part["size_mm"]) for part in rows["parts"]] == [
        (name, len(one.faces), [round(float(side), 2) for side in np.ptp(np.asarray(one.vertices), axis=0)])
        for name in ("left", "right")
    ]
    assert [(color["hex"], color["word"], color["share"]) for color in rows["colors"]] == [
        ("#FF0000", "red", pytest.approx(0.5)),
        ("#0000FF", "blue", pytest.approx(0.5)),
    ]
    numbers = np.frombuffer(server.client.get(f"{base}/paint/part?n=1").content, "<f4").reshape(-1, 12)
    assert len(numbers) == len(other.faces)
    assert server.client.get(f"{base}/paint/color?n=2").status_code == 404


def test_a_file_goes_over_to_the_slicer_s_window(server, made):
    ready = {row["name"]: row["ready"] for row in server.client.get("/api/slicers").json()["slicers"]}
    assert ready["orca"] is True
    opened = server.client.post(f"/api/jobs/{made['id']}/hand-off", json={"slicer": "orca"})
    assert opened.json() == {"opened": "ball.3mf", "slicer": "orca"}
    shown = Path((server.site / "shown.txt").read_text().strip())
    main = next(file["href"] for file in made["files"] if file["role"] == "main")
    assert shown.read_bytes() == server.client.get(main).content
    refused = server.client.post(f"/api/jobs/{made['id']}/hand-off", json={"slicer": "rm"})
    assert (refused.status_code, "rm" in refused.json()["message"]) == (422, True)


def test_examples_are_on_this_machine(server):
    from maquette.faces.web.examples import EXAMPLES

    for name, (file_name, make) in EXAMPLES.items():
        source = server.client.get(f"/api/examples/{name}").json()
        assert source["name"] == file_name
        assert server.client.get(f"/api/files/{source['digest']}").content == make()
    assert server.client.get("/api/examples/nothing").status_code == 404
    leaf = Image.open(io.BytesIO(EXAMPLES["leaf"][1]()))
    assert (leaf.mode, leaf.getpixel((0, 0))[3]) == ("RGBA", 0)
    assert 0.1 < (np.asarray(leaf)[..., 3] > 0).mean() < 0.6


def test_the_broken_example_is_broken_and_mends(tmp_path):
    from maquette.faces.web.examples import EXAMPLES

    place = tmp_path / "vase.stl"
    place.write_bytes(EXAMPLES["vase"][1]())
    vase = mq.load(place)
    verdicts = {check: [one.verdict for one in registry()[check](vase)] for check in ("watertight", "winding")}
    assert verdicts["watertight"] == ["fail"]
    assert "fail" in verdicts["winding"]
    mended = run(load_recipe("mend"), {"asset": vase}).result
    (finding,) = registry()["watertight"](mended)
    assert finding.verdict == "pass"


def test_what_was_seen_is_painted_by_vertex():
    from maquette.faces.web.views import _paint_triangles

    asset = ball()
    seen = np.linspace(0, 1, len(asset.mesh.vertices)).astype(np.float32)
    numbers = _paint_triangles(asset.with_mesh(asset.mesh.replace(seen=seen)), "seen", (), 0)
    assert numbers.shape == (len(asset.mesh.faces), 12)
    assert np.array_equal(numbers[:, 9:], seen[asset.mesh.faces])


def test_a_recipe_s_model_is_judged_by_whom_it_says(server, tmp_path):
    place = mq.save(mq.Asset(box()), tmp_path / "box.stl")
    digest = server.upload(place.read_bytes(), "box.stl")
    order = {"kind": "recipe", "recipe": "mend", "inputs": {"asset": {"digest": digest, "name": "box.stl"}}}
    order |= {"output": "box.3mf", "destination": "print", "judged_by": "bambu-a1"}
    job = server.job(server.client.post("/api/jobs", json=order).json()["id"], 200)
    assert job["state"] == "success", job["error"]
    names = [node["node"] for node in job["facts"]["nodes"]]
    assert names[:3] == ["solid", "turned", "settled"]
    assert "check watertight" in names
    refused = server.client.post("/api/jobs", json={**order, "judged_by": "nobody"})
    assert (refused.status_code, "nobody" in refused.json()["message"]) == (422, True)


def test_the_recipe_of_a_job_makes_the_same_bytes(server, made, tmp_path):
    text = server.client.get(f"/api/jobs/{made['id']}/recipe?as=yaml").text
    graph = server.client.get(f"/api/jobs/{made['id']}/recipe").json()
    assert graph["form"]["steps"]["raw"]["stage"] == "tiny-lump"
    assert all(graph["kept"].values())
    read = server.client.post("/api/graph", json={"text": text})
    assert read.json()["form"] == graph["form"]
    order = {
        "kind": "recipe",
        "recipe": text,
        "inputs": {"photo": made["order"]["inputs"]["front"]},
        "output": "ball.stl",
    }
    again = server.job(server.client.post("/api/jobs", json=order).json()["id"], 200)
    value = {file["role"]: file["digest"] for file in again["files"]}["value"]
    assert value == next(file["digest"] for file in made["files"] if file["role"] == "value")
    wrong = server.client.post("/api/graph", json={"text": text.replace("tiny-lump", "no-such-stage")})
    assert (wrong.status_code, "no-such-stage" in wrong.json()["message"]) == (422, True)


def test_what_a_knob_turns_is_known():
    recipe = load_recipe("print")
    assert turned_steps(recipe)["height_mm"] == ["sized"]
    assert turned_steps(recipe)["generator"] == ["raw"]


@pytest.mark.parametrize("name", ["print", "model", "mend", "tidy"])
def test_a_recipe_written_is_the_recipe_read(name):
    turned = load_recipe(name).with_knobs({"height_mm": 50})
    again = load_recipe(yaml_of(turned))
    assert plain_recipe(again) == plain_recipe(turned)
    assert [call.text for call in again.calls.values()] == [call.text for call in turned.calls.values()]


def test_tidy_leaves_looks_alone_and_mend_closes():
    asset = ball()
    tidy = run(load_recipe("tidy"), {"asset": asset}).result
    assert tidy.materials == asset.materials
    assert len(tidy.mesh.faces) == len(asset.mesh.faces)
    holed = asset.with_mesh(asset.mesh.keep_faces(np.arange(len(asset.mesh.faces)) > 3))
    mended = run(load_recipe("mend"), {"asset": holed}, {"height_mm": 30}).result
    (finding,) = registry()["watertight"](mended)
    assert finding.verdict == "pass"
    assert np.ptp(np.asarray(mended.mesh.vertices)[:, 2]) == pytest.approx(30)


def ask(command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_open_is_the_workbench_and_with_an_output_the_stage(tmp_path):
    photo = tmp_path / "ball.png"
    photo.write_bytes(png(np.asarray(cut_out(64).pixels)))
    command = [sys.executable, "-m", "maquette", "open"]
    opened = ask([*command, str(photo), "-o", str(tmp_path / "out.png")])
    assert opened.returncode == 0, opened.stderr
    assert (tmp_path / "out.png").is_file()
    shown = ask([*command, "--help"])
    assert "workbench" in shown.stdout
    missing = ask([*command, str(tmp_path / "no.png"), "--port", "1"])
    assert (missing.returncode, "no.png" in missing.stderr) == (2, True)


def test_open_uses_the_server_that_runs_and_brings_the_file(server, tmp_path):
    photo = tmp_path / "ball.png"
    photo.write_bytes(png(np.asarray(cut_out(64).pixels)))
    port = server.base.rpartition(":")[2]
    command = [sys.executable, "-m", "maquette", "open", str(photo), "--no-browser", "--port", port]
    done = ask(command)
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert done.returncode == 0, done.stderr
    assert f"/?file={digest}&name=ball.png" in done.stderr
    assert server.client.get(f"/api/files/{digest}").content == photo.read_bytes()


def test_layers_of_a_mountain_are_refused_and_not_begun():
    from maquette.core.asset import Asset
    from maquette.faces.web.layers import _own_lines
    from shapes import box

    with pytest.raises(mq.CannotDo, match="too many to show"):
        _own_lines(Asset(box((10, 10, 1e6))), 0.2)
