"""The workbench in a browser: Debian's Chromium, driven by playwright, over a server with stages that take no time."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import maquette as mq
import tiny_stages
from maquette.core.values import decode
from maquette.registry import registry
from shapes import box
from tiny_stages import Server
from workbench import JOB, NEEDS_CHROMIUM, drop, go, make, open_graph, open_page, show, wait_until

pytestmark = NEEDS_CHROMIUM


def test_drop_press_and_take_the_file(page, server, photo):
    job = make(page, server, photo)
    assert page.evaluate("maquette.triangles") == 4
    with page.expect_download() as download:
        page.locator("a.file-main").click()
    data = download.value.path().read_bytes()
    assert data[:2] == b"PK"
    assert data == server.client.get(next(file["href"] for file in job["files"] if file["role"] == "main")).content
    assert page.get_by_text("Ready").or_(page.get_by_text("Usable")).or_(page.get_by_text("Not yet")).first.is_visible()


def test_drop_alone_starts_and_a_key_stops_it(browser, server, photo):
    with open_page(browser, server, countdown="on") as page:
        go(page, server)
        page.evaluate("""addEventListener("change", () => {
          const looking = setInterval(() => {
            if (!maquette.state().intake?.until) return;
            clearInterval(looking);
            dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
          }, 10);
        }, { capture: true, once: true })""")
        drop(page, photo)
        page.get_by_text("Choose what it shall become").wait_for()
        page.wait_for_timeout(3500)
        assert page.url.endswith("?plain=1")
        page.get_by_role("button", name="Remove the photo from the front").click()
        drop(page, photo)
        page.wait_for_url("**/m/*")
        assert page.evaluate(f"{JOB}.order.destination") == "print"


def test_a_text_is_refused_in_the_server_s_words(page, server, tmp_path):
    place = tmp_path / "note.txt"
    place.write_text("no picture at all\n")
    go(page, server)
    drop(page, place)
    page.get_by_role("button", name="Print", exact=False).first.click()
    page.wait_for_url("**/m/*")
    wait_until(page, f"{JOB}.state === 'failed' && {JOB}.error?.message")
    said = page.locator(".progress .said").text_content()
    assert said == server.client.get(f"/api/jobs/{page.url.split('/m/')[1].split('?')[0]}").json()["error"]["message"]


def test_paste_is_a_drop(page, server, photo):
    go(page, server)
    page.get_by_text("Drop a photo or a model here").wait_for()
    page.evaluate(
        """(bytes) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], "pasted.png", { type: "image/png" }));
          dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true }));
        }""",
        list(photo.read_bytes()),
    )
    page.get_by_role("button", name="Print", exact=False).first.click()
    page.wait_for_url("**/m/*")
    assert wait_until(page, f"{JOB}.order?.inputs.front.name") == "pasted.png"


def test_the_mask_comes_before_the_shape_and_progress_never_falls(page, server, photo):
    go(page, server)
    page.evaluate("""() => {
      window.seen = [];
      window.look = () => {
        const { place, jobs, shown } = maquette.state();
        const job = jobs[place.job];
        const cut = document.querySelector(".photo .cut, .placeholder .cut");
        if (job) window.seen.push([job.progress, Boolean(cut), Boolean(shown.address)]);
      };
      setInterval(window.look, 5);
    }""")
    drop(page, photo)
    page.get_by_role("button", name="Print", exact=False).first.click()
    wait_until(page, f"{JOB}.state === 'success' && maquette.ready")
    seen = page.evaluate("(window.look(), window.seen)")
    shares = [share for share, *_ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    first_cut = next(index for index, (_, cut, _) in enumerate(seen) if cut)
    first_shape = next(index for index, (*_, shape) in enumerate(seen) if shape)
    assert first_cut < first_shape


def test_a_second_tab_shows_the_same_job(browser, server, page, job):
    show(page, server, job)
    with open_page(browser, server) as other:
        show(other, server, job)
        assert other.evaluate(f"{JOB}.id") == page.evaluate(f"{JOB}.id") == job["id"]
        assert other.locator(".report li").count() == page.locator(".report li").count()


def test_the_picture_shows_a_model_from_the_front(page, server, job):
    show(page, server, job)
    page.locator("summary[aria-label=Axis]").click()
    page.get_by_role("button", name="Front", exact=True).click()
    page.wait_for_timeout(900)
    picture = Image.open(io.BytesIO(page.locator(".viewport canvas").screenshot())).convert("RGB")
    pixels = np.asarray(picture).astype(int)
    spread = pixels.max(axis=2) - pixels.min(axis=2)
    assert (np.abs(pixels - pixels[5, 5]).sum(axis=2) > 40).mean() > 0.02, spread.mean()
    x, y, _ = page.evaluate("maquette.camera")
    assert y < -100
    assert abs(x) < abs(y)


def test_modes_section_and_thickness(page, server, job):
    show(page, server, job)
    modes = page.get_by_role("radiogroup", name="Model viewer")
    for mode in ("Clay", "Wires", "Normals", "UV checker"):
        modes.get_by_role("radio", name=mode).click()
    page.keyboard.press("8")
    wait_until(page, "maquette.painted?.triangles > 0")
    assert page.locator(".legend").inner_text().startswith("wall thickness")
    page.keyboard.press("x")
    page.get_by_label("Section height").fill("0.3")
    assert page.evaluate("maquette.state().section") == {"on": True, "axis": "x", "at": 0.3}
    with page.expect_download() as download:
        page.keyboard.press("s")
    assert download.value.path().read_bytes()[:4] == b"\x89PNG"


def test_the_gizmo_looks_along_an_axis_and_the_bed_is_the_printer_s(page, server, job):
    show(page, server, job)
    for sign in (1, -1):  # the same end again goes round to the other side
        page.locator(".gizmo-end[data-view=right] circle").click(force=True)
        wait_until(page, f"maquette.state().heading[2] * {sign} > 0.999")  # the third row of the x axis: it comes near
        page.wait_for_timeout(500)
    near = page.evaluate("Math.hypot(...maquette.camera)")
    bed = server.client.get("/api/printers").json()["profiles"]["prusa-mk4"]["bed_mm"]
    page.get_by_role("button", name=f"The space of Prusa MK4: {' × '.join(f'{side:g}' for side in bed)} mm").click()
    wait_until(page, f"Math.hypot(...maquette.camera) > {near * 1.8}")
    page.wait_for_timeout(700)
    pixels = np.asarray(Image.open(io.BytesIO(page.locator(".viewport canvas").screenshot())).convert("L")).astype(int)
    flat = np.abs(pixels - np.median(pixels, axis=1, keepdims=True)) > 25
    assert flat.mean(axis=0).max() > 0.3  # an edge of the space stands upright


def test_the_photo_lies_over_the_model_as_its_camera_saw_it(page, server, job):
    """The page's overlap is that of the check; turning the model takes the photo away."""
    show(page, server, job)
    wait_until(page, "maquette.state().overlay.camera")
    page.keyboard.press("p")
    agree = wait_until(page, "maquette.state().overlay.agree")
    value = next(file["href"] for file in job["files"] if file["role"] == "value")
    (finding,) = registry()["silhouette"](decode(server.client.get(value).content))
    assert 0.2 < finding.value < 0.95
    assert abs(agree - finding.value) < 0.03
    page.get_by_label("How much of the photo shows").fill("0.9")
    assert page.locator("img.photo-over").evaluate("(photo) => photo.style.opacity") == "0.9"
    area = page.locator(".viewport canvas").bounding_box()
    page.mouse.move(area["x"] + 300, area["y"] + 300)
    page.mouse.down()
    page.mouse.move(area["x"] + 340, area["y"] + 300)
    page.mouse.up()
    assert page.locator("img.photo-over").count() == 0


def test_layers_are_our_own_cuts_and_the_slicer_s_when_asked(page, server, job):
    """A layer is as high as the printer's; up to the chosen one lines are drawn, and it says who cut them."""
    show(page, server, job)
    page.get_by_role("radio", name="Layers").click()
    facts = wait_until(page, "maquette.state().layers.facts")
    printer = server.client.get("/api/printers").json()["profiles"]["prusa-mk4"]
    height = page.evaluate("maquette.state().shown.size")[2]
    assert facts["layers"] == round(height / printer["layer_mm"])
    assert page.evaluate("maquette.laid") == facts["lines"]
    page.get_by_label("Last layer that shows").fill(str(facts["layers"] // 2))
    lower = page.evaluate("maquette.laid")
    assert facts["lines"] * 0.4 < lower < facts["lines"] * 0.6
    assert page.locator("[data-by=own]").is_visible()
    if shutil.which("prusa-slicer"):
        page.get_by_role("button", name="Slice it").click()
        sliced = wait_until(page, "maquette.state().layers.facts?.slicer && maquette.state().layers.facts")
        assert "PrusaSlicer" in page.locator("[data-by=slicer]").inner_text()
        assert abs(sliced["layers"] - facts["layers"]) <= 3
        assert sliced["lines"] > facts["lines"]


def test_a_finding_s_row_has_the_report_s_number_and_flies_there(page, server, job):
    show(page, server, job)
    if page.get_by_role("button", name="more pass").count():
        page.get_by_role("button", name="more pass").click()
    said = {one["check"]: one["value"] for one in job["findings"]}
    rows = page.locator(".report li")
    assert rows.count() == len(job["findings"])
    for row in rows.all()[:8]:
        value = row.locator(".number").get_attribute("data-value")
        assert (float(value) if value else None) == said[row.get_attribute("data-check")]
    painted = page.locator(".report li button.row-main:not([disabled])")
    if painted.count():
        painted.first.click()
        wait_until(page, "maquette.painted?.triangles > 0")
        page.wait_for_timeout(800)
        assert page.evaluate("maquette.painted.inView")


def test_a_knob_makes_a_version_and_runs_only_what_follows(page, server, job):
    show(page, server, job)
    page.get_by_role("tab", name="Knobs").click()
    page.get_by_label("height mm").fill("50")
    page.get_by_label("height mm").press("Tab")
    again = page.locator(".run-bar .small")
    steps = again.get_attribute("title").split(", ")
    assert (steps[0], "raw" in steps) == ("sized", False)
    page.get_by_role("button", name="Run with changes").click()
    wait_until(page, f"{JOB}.id !== '{job['id']}' && {JOB}.state === 'success' && maquette.ready")
    assert wait_until(page, "Math.abs(maquette.state().shown.size[2] - 50) < 0.01 || null")
    nodes = page.evaluate(f"{JOB}.nodes")
    ran = {name for name, node in nodes.items() if node.get("ran")}
    assert "sized" in ran
    assert ran <= set(steps) | {"stood", "thick", "hollowed", "colored"}
    wait_until(page, "document.querySelectorAll('.versions li').length >= 2")
    page.locator(".versions a").first.click()
    wait_until(page, f"{JOB}.id === '{job['id']}'")


def test_variants_are_tried_and_two_versions_compared(page, server, photo):
    """Three seeds at once; what differs is said, measured as the check measures it, and painted."""
    job = make(page, server, photo)
    page.get_by_role("button", name="Try 3").click()
    wait_until(page, "document.querySelectorAll('.versions li img').length === 4")
    assert page.locator(".versions a .small").all_text_contents()[1:] == [
        "seed: 1",
        "seed: 2",
        "seed: 3",
    ]
    assert page.evaluate(f"{JOB}.id") == job["id"]
    page.get_by_role("button", name="Compare with version 4").click()
    apart = wait_until(page, "maquette.state().against.apart")
    other = page.evaluate("maquette.state().against.id")
    mine, theirs = (
        decode(server.client.get(f["href"]).content)
        for each in (job, server.client.get(f"/api/jobs/{other}").json())
        for f in each["files"]
        if f["role"] == "value"
    )
    (finding,) = registry()["deviation"](mine, theirs, samples=5000)
    assert apart["value"] == pytest.approx(finding.value, rel=0.05)
    assert apart["value"] > 1
    rows = page.locator(".compare tbody tr")
    assert rows.filter(has_text="raw.seed").locator("td").all_text_contents() == ["automatic", "3"]
    page.get_by_role("button", name="Distance on the model").click()
    wait_until(page, f"maquette.painted?.triangles === {len(mine.mesh.faces)}")
    page.get_by_role("button", name="Flip").click()
    wait_until(page, f"{JOB}.id === '{other}' && maquette.state().against.id === '{job['id']}' && maquette.ready")


def test_a_broken_model_is_mended(page, server, tmp_path):
    mesh = box()
    place = mq.save(mq.Asset(mesh.keep_faces(np.arange(len(mesh.faces)) > 0)), tmp_path / "holed.stl")
    go(page, server)
    drop(page, place)
    page.get_by_role("button", name="Print", exact=False).first.click()
    page.wait_for_url("**/m/*")
    wait_until(page, f"{JOB}.state === 'success' && maquette.ready")
    found = {one["check"]: one["verdict"] for one in page.evaluate(f"{JOB}.findings")}
    assert found["watertight"] == "pass"
    assert page.locator("a.file-main").get_attribute("download") == "holed.3mf"


@pytest.fixture
def holed(server, tmp_path):
    """A box without one face, judged for print as it is: it would not slice."""
    mesh = box()
    place = mq.save(mq.Asset(mesh.keep_faces(np.arange(len(mesh.faces)) > 0)), tmp_path / "holed.stl")
    digest = server.upload(place.read_bytes(), "holed.stl")
    steps = {"settled": {"stage": "settle", "from": "asset", "with": {"contact_share": 0}}}
    recipe = {"recipe": "as-it-is", "summary": "As it is.", "inputs": ["asset"], "steps": steps, "result": "settled"}
    order = {
        "kind": "recipe",
        "recipe": json.dumps(recipe, indent=1),
        "inputs": {"asset": digest},
        "output": "holed.3mf",
    }
    order |= {"destination": "print", "judged_by": "prusa-mk4", "tag": f"w-{digest[:12]}"}
    return server.job(server.client.post("/api/jobs", json=order).json()["id"], 120)


def test_colors_are_pointed_at_and_painted_with_other_filaments(page, server, tmp_path):
    """Two flat colours: one is shown on the model, changed, and the print is painted anew."""
    mesh = box()
    sides = np.arange(len(mesh.faces)) % 2
    looks = tuple(mq.Material(name, base_color=(*rgb, 1)) for name, rgb in (("red", (1, 0, 0)), ("ink", (0, 0, 1))))
    place = mq.save(mq.Asset(mesh.replace(material=sides), looks), tmp_path / "dice.glb")
    go(page, server)
    drop(page, place)
    page.get_by_role("button", name="Print", exact=False).first.click()
    page.wait_for_url("**/m/*")
    wait_until(page, f"{JOB}.state === 'success' && maquette.ready && maquette.state().makeup.colors.length === 2")
    first = page.evaluate(f"{JOB}.id")
    page.get_by_role("button", name="red 50 %").click()
    wait_until(page, f"maquette.painted?.triangles === {len(mesh.faces) // 2}")
    page.get_by_label("Another colour for red").fill("#20a040")
    page.get_by_role("button", name="Paint with these").click()
    wait_until(page, f"{JOB}.id !== '{first}' && {JOB}.state === 'success' && maquette.ready")
    wait_until(page, "maquette.state().makeup.colors.some((color) => color.hex === '#20A040')")


ADVISED = {
    "open": {"watertight": ("fail", 3, "0")},
    "bed": {"fits-bed": ("fail", 200, "at most 100")},
    "walls": {"wall-thickness": ("fail", 0.4, "at least 0.8, 1 where it stands free")},
    "outline": {"silhouette": ("warn", 0.8, "at least 0.9")},
    "budget": {"triangle-budget": ("fail", 90000, "1 to 50,000")},
    "uv": {"has-uv": ("fail", 0.2, "1")},
    "size": {"sized": ("warn", 80, "known")},
    "stand": {"stability": ("fail", -2, "at least 5")},
    "islands": {"islands": ("warn", 1, "0")},
    "supports": {"bridges": ("warn", 18.8, "at most 10")},
    "detail": {"fine-detail": ("warn", 0.5, "at least 0.6")},
    "light": {"baked-light": ("warn", 30, "at most 10")},
    "cad": {"small-holes": ("fail", 0.5, "at least 1")},
    "ready": {"watertight": ("pass", 0, "0")},
}


def test_advice_follows_from_the_checks(page, server, job):
    """Each bad check has its sentence; a length that mends it is the one that follows from the limit."""
    show(page, server, job)
    ask = """([findings, more]) => import("/site/app/advice.js").then(({ adviceFor }) => adviceFor({
      findings, job: { order: { kind: "make", destination: "print", inputs: { front: {} }, options: {} } },
      size: [50, 50, 80], seen: null, knobs: ["height_mm", "route", "plinth", "light_out"],
      fixes: ["solidify"], ...more }))"""
    for wanted, checks in ADVISED.items():
        rows = {
            name: {"verdict": verdict, "value": value, "limit": limit, "message": "why", "fix": "solidify"}
            for name, (verdict, value, limit) in checks.items()
        }
        said = page.evaluate(ask, [rows, {}])
        assert [row["id"] for row in said] == [wanted]
        if wanted == "walls":
            assert said[0]["action"]["value"] == 168  # twice 80 mm, and five percent
        if wanted == "bed":
            assert said[0]["action"]["value"] == 38
    assert [row["id"] for row in page.evaluate(ask, [{}, {"seen": 0.4}])] == ["unseen"]
    assert [row["id"] for row in page.evaluate(ask, [{}, {"size": [90, 8, 80]}])] == ["flat"]
    page.locator(".advice [data-advice=size]").get_by_role("button").click()
    page.get_by_text("Click a point on the model").wait_for()


def test_a_batch_has_a_card_a_photo_and_says_which_failed(page, server, photo, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_text("no picture at all\n")
    places = []
    for number in range(4):
        place = tmp_path / f"ball{number}.png"
        place.write_bytes(photo.read_bytes())
        places.append(place)
    go(page, server)
    drop(page, [*places, broken])
    page.get_by_text("5 photos, each a thing of its own").wait_for()
    page.get_by_role("button", name="Print", exact=False).first.click()
    page.wait_for_url("**/batch/b-*")
    wait_until(page, "document.querySelectorAll('.card').length === 5")
    wait_until(page, "document.querySelectorAll('.card.running').length === 0")
    page.get_by_text("5 of 5 done").wait_for()
    page.get_by_role("radio", name="Failed 1").click()
    card = page.locator(".card")
    assert card.count() == 1
    assert "broken" in card.inner_text()
    assert len(card.locator(".reason").inner_text()) > 10
    page.reload()  # the address is the state
    wait_until(page, "document.querySelectorAll('.card:not(.failed) .pair img:last-child').length === 4")
    page.locator(".card:not(.failed) a").first.click()
    page.get_by_role("link", name="All of the batch").click()
    page.wait_for_url("**/batch/b-*")


def test_the_tour_leads_through_five_steps(page, server):
    go(page, server)
    page.get_by_role("button", name="A tour in five steps").click()
    tour = page.get_by_role("dialog", name="A tour in five steps")
    for step, framed in enumerate((".target", ".viewport", ".side.right", ".side.left", ".graph"), 1):
        tour.get_by_text(f"{step} of 5").wait_for()
        page.locator(f"{framed}.toured").wait_for()
        if step == 2:
            wait_until(page, f"{JOB}.state === 'success' && maquette.ready")
        tour.get_by_role("button", name="Done" if step == 5 else "Next").click()
    tour.wait_for(state="detached")
    page.locator(".toured").wait_for(state="detached")


def test_a_red_file_needs_anyway_and_mend_makes_a_version_that_passes(page, server, holed):
    show(page, server, holed)
    page.get_by_text("Not yet").wait_for()
    assert page.locator("a.file-main").count() == 0
    page.get_by_role("button", name="Download anyway").click()
    assert page.locator("a.file-main").get_attribute("download") == "holed.3mf"
    row = page.locator(".report li[data-check=watertight]")
    assert float(row.locator(".number").get_attribute("data-value")) == 3  # the edges around the missing face
    row.get_by_role("button", name="Mend").click()
    wait_until(page, f"{JOB}.id !== '{holed['id']}' && {JOB}.state === 'success' && maquette.ready")
    found = {one["check"]: one["verdict"] for one in page.evaluate(f"{JOB}.findings")}
    assert found["watertight"] == "pass"
    page.locator(".versions a").first.click()
    wait_until(page, f"{JOB}.id === '{holed['id']}'")


def test_stop_stops_and_again_goes_on(page, server):
    digest = server.upload(b"\x07", "a.bin")
    order = {"recipe": tiny_stages.recipe(3, 30.0), "inputs": {"data": digest}, "output": "out.png"}
    identity = server.client.post("/api/jobs", json=order).json()["id"]
    go(page, server, f"/m/{identity}")
    wait_until(page, f"{JOB}.nodes?.s0")
    page.get_by_role("button", name="Stop").click()
    wait_until(page, f"{JOB}.stopping || {JOB}.state === 'cancelled'")
    wait_until(page, f"{JOB}.state === 'cancelled'")
    page.get_by_role("button", name="Try again").click()
    wait_until(page, f"['queued', 'running'].includes({JOB}.state)")
    page.get_by_role("button", name="Stop").click()
    wait_until(page, f"{JOB}.state === 'cancelled'")


def test_ten_tabs_are_all_alive(browser, server):
    with open_page(browser, server) as page:
        tabs = [page, *(page.context.new_page() for _ in range(9))]
        for tab in tabs:
            tab.goto(f"{server.base}/?plain=1", wait_until="commit")
        for tab in tabs:
            wait_until(tab, "window.maquette && maquette.state().catalog !== null")
            assert tab.evaluate("fetch('/health').then((answer) => answer.status)") == 200
            assert tab.evaluate("maquette.state().online")


def test_marks_on_the_photo_become_the_matte_s_options(page, server, job):
    show(page, server, job)
    page.get_by_role("button", name="Edit the cut").click()
    area = page.get_by_label("Photo with the cut; paint to correct it").bounding_box()
    middle = area["y"] + area["height"] / 2
    page.mouse.move(area["x"] + area["width"] * 0.4, middle)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] * 0.6, middle, steps=6)
    page.mouse.up()
    page.get_by_role("radio", name="Leave out").click()
    page.mouse.click(area["x"] + area["width"] * 0.1, area["y"] + area["height"] * 0.1)
    page.get_by_role("button", name="Preview").click()
    wait_until(page, "maquette.state().mask.preview")
    page.get_by_role("button", name="Use this cut").click()
    wait_until(page, f"{JOB}.order?.options.point")
    words = page.evaluate(f"{JOB}.order.options.point").split()
    assert len([word for word in words if not word.startswith("!")]) >= 3
    assert re.fullmatch(r"!\d+\.\d%,\d+\.\d%", words[-1])


def test_the_graph_marks_what_runs_again_and_undoes_one_gesture(page, server, job):
    open_graph(page, server, job)
    before = page.evaluate("JSON.stringify(maquette.state().graph.now)")
    stale = "[...document.querySelectorAll('[data-status=stale]')].map((one) => one.dataset.step)"
    assert page.evaluate(stale) == []
    page.locator(".graph-node[data-step=sized]").focus()
    page.keyboard.press("Enter")
    page.locator(".inspector").get_by_label("height mm").fill("33")
    page.locator(".inspector").get_by_label("height mm").press("Tab")
    marked = page.evaluate(stale)
    assert "sized" in marked
    assert not {"opened", "cut", "raw", "solid"} & set(marked)
    page.locator(".graph").focus()
    page.keyboard.press("Control+z")
    assert page.evaluate("JSON.stringify(maquette.state().graph.now)") == before
    page.keyboard.press("Control+Shift+z")
    assert page.evaluate("maquette.state().graph.now.form.steps.sized.with.height_mm") == 33
    page.get_by_role("button", name="Run", exact=True).click()
    wait_until(page, f"{JOB}.id !== '{job['id']}' && {JOB}.state === 'success' && maquette.ready")
    wait_until(page, "Math.abs(maquette.state().shown.size[2] - 33) < 0.01")


def resting_box(locator) -> dict:
    """Where a thing is once it has stopped moving: pictures that arrive make nodes taller."""
    box_now, box_before = locator.bounding_box(), None
    while box_now != box_before:
        locator.page.wait_for_timeout(400)
        box_before, box_now = box_now, locator.bounding_box()
    return box_now


def test_the_graph_refuses_a_wire_and_says_why(page, server, job):
    open_graph(page, server, job)
    before = page.evaluate("JSON.stringify(maquette.state().graph.now)")
    source = resting_box(page.locator(".graph-node[data-step=sized] .socket.out"))
    target = resting_box(page.locator(".socket.in[data-step=cut]"))
    page.mouse.move(source["x"] + source["width"] / 2, source["y"] + source["height"] / 2)
    page.mouse.down()
    page.mouse.move(target["x"] + target["width"] / 2, target["y"] + target["height"] / 2, steps=5)
    page.mouse.up()
    assert (
        "takes Subject" in page.get_by_role("alert").inner_text() or "circle" in page.get_by_role("alert").inner_text()
    )
    assert page.evaluate("JSON.stringify(maquette.state().graph.now)") == before


def test_a_recipe_saved_from_the_graph_is_read_again(page, server, job, tmp_path):
    open_graph(page, server, job)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as recipe").click()
    text = download.value.path().read_text()
    form = server.client.post("/api/graph", json={"text": text}).json()["form"]
    assert form["steps"] == page.evaluate("maquette.state().graph.now.form.steps")
    page.keyboard.press("Tab")
    page.locator(".graph").focus()
    page.keyboard.press("Tab")
    page.get_by_role("searchbox", name="Find a stage").fill("smooth")
    page.keyboard.press("Enter")
    wait_until(page, "Object.keys(maquette.state().graph.now.form.steps).some((name) => name.startsWith('smooth'))")


def test_a_template_takes_the_graph_s_place_as_one_gesture(page, server, job):
    open_graph(page, server, job)
    before = page.evaluate("JSON.stringify(maquette.state().graph.now)")
    assert "mend" not in page.get_by_label("Templates").inner_text()  # that one begins with a model
    page.get_by_label("Templates").select_option("relief")
    steps = page.evaluate("maquette.state().graph.now.form.steps")
    assert steps == page.evaluate("maquette.state().catalog.recipes.relief.form.steps")
    page.get_by_role("button", name="Undo (Ctrl Z)").click()
    assert page.evaluate("JSON.stringify(maquette.state().graph.now)") == before


def test_a_provider_in_the_graph_says_its_price_before_it_runs(page, server, job):
    open_graph(page, server, job)
    page.locator(".graph-node[data-step=cut]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.get_by_role("searchbox", name="Find a stage").fill("tripo")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make this the result").click()
    page.locator(".graph-node[data-step=tripo] .price").wait_for()
    (usd,) = page.evaluate("Object.values(maquette.state().graph.prices)")
    assert usd > 0
    assert page.get_by_role("button", name=f"Run for ${usd:.2f}").is_enabled()
    assert "TRIPO_API_KEY" in page.locator(".inspector .maker").inner_text()
    page.get_by_role("button", name="Undo (Ctrl Z)").click()
    page.get_by_role("button", name="Undo (Ctrl Z)").click()
    page.get_by_role("button", name="Run", exact=True).wait_for()


def test_the_server_dies_and_comes_back(browser, env, tmp_path, photo):
    """The tab comes back by itself, on the same port; what it said of the server's absence is not its fault."""
    server = Server(tmp_path / "home", env)
    with open_page(browser, server, said=("WebSocket connection", "ERR_CONNECTION")) as page:
        job = make(page, server, photo)
        server.process.kill()
        server.process.wait()
        wait_until(page, "!maquette.state().online")
        again = Server(tmp_path / "home", env, "--port", server.base.rpartition(":")[2])
        try:
            wait_until(page, "maquette.state().online")
            assert again.client.get(f"/api/jobs/{job['id']}").json()["state"] == "success"
        finally:
            again.process.kill()
            again.stop()
            server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (2560, 1440)])
def test_every_width_and_scheme_shows_everything(browser, server, job, scheme, width, height):
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "has_touch": width < 500}
    with open_page(browser, server, **options) as page:
        show(page, server, job)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("tab", name="Checks").scroll_into_view_if_needed()
        assert page.locator("a.file-main, .held-back").first.is_visible()
        assert page.locator(".viewport canvas").bounding_box()["height"] > 300
        go(page, server)
        page.get_by_text("Drop a photo or a model here").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_control_has_a_name_and_the_keyboard_opens_the_drawers(page, server, job):
    show(page, server, job)
    nameless = page.evaluate("""() => {
      const controls = [...document.querySelectorAll("button, a[href], input:not(.unseen), select, summary")];
      const name = (one) => one.ariaLabel || one.textContent.trim() || one.labels?.length || one.title;
      return controls.filter((one) => !name(one)).map((one) => one.outerHTML);
    }""")
    assert nameless == []
    page.locator("body").press("?")
    page.get_by_role("dialog", name="Settings").wait_for()
    wait_until(page, "document.activeElement.closest('[role=dialog]') !== null")
    page.keyboard.press("Escape")
    page.locator("body").press("j")
    page.get_by_role("dialog", name="Jobs").get_by_text("ball.3mf").first.wait_for()


def test_keyboard_alone_goes_all_the_way(page, server, photo):
    page.on("filechooser", lambda _: None)  # or the browser is told too late that we want to hear of it
    go(page, server)
    page.get_by_role("button", name="choose a file").focus()
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(photo)
    page.get_by_text("Print").first.wait_for()
    page.keyboard.press("Shift")
    page.get_by_role("button", name="Print", exact=False).first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/m/*")
    wait_until(page, f"{JOB}.state === 'success'")
    page.locator("a.file-main").focus()
    with page.expect_download():
        page.keyboard.press("Enter")
    assert json.loads(page.evaluate("JSON.stringify(maquette.state().toasts)")) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(browser, server, job, scheme):
    place = os.environ.get("AXE_CORE", "")
    if not place:
        pytest.skip("needs axe-core: AXE_CORE=…/axe-core/axe.min.js")
    source = Path(place).read_text()
    with open_page(browser, server, color_scheme=scheme, reduced_motion="reduce") as page:
        model = f"/m/{job['id']}"
        for address, there in (("/", ".invite"), (model, ".report li"), (f"{model}/graph", ".graph-node")):
            go(page, server, address)
            page.locator(there).first.wait_for()
            page.wait_for_timeout(600)
            page.evaluate(source)
            faults = page.evaluate("axe.run().then((result) => result.violations)")
            grave = [one for one in faults if one["impact"] in ("serious", "critical")]
            assert [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in grave] == []
