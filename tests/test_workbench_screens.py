"""The screens beside the model: bake-off, scene, two models under one camera, what costs money."""

from __future__ import annotations

import csv
import io
import json
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workbench import JOB, NEEDS_CHROMIUM, drop, go, open_graph, open_page, order, show, wait_until

pytestmark = NEEDS_CHROMIUM


def test_a_bake_off_fills_its_cells_and_shows_what_failed(page, server, photo, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_text("no picture at all\n")
    go(page, server)
    drop(page, [photo, broken])
    page.get_by_role("button", name="Compare generators on it").click()
    for name in ("sculpt, Print", "inflate, Print", "sculpt, Model"):
        page.get_by_label(name, exact=True).uncheck()
    for name in ("tiny-lump, Print", "tiny-lump, Model"):
        page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Make 4 results").click()
    page.wait_for_url("**/bake/k-*")
    cells = "document.querySelectorAll('.bake-table td[data-state={}]').length"
    wait_until(page, f"{cells.format('success')} === 2 && {cells.format('failed')} === 2")
    table = server.client.get(page.locator("a[download]").get_attribute("href")).text
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["state"] for row in rows] == ["success", "success", "failed", "failed"]
    assert [row["route"] for row in rows] == ["print", "model", "print", "model"]
    for row, cell in zip(rows, page.locator("td[data-state]").all(), strict=True):
        said = row["error"] or f"{row['rubric_passed']} of {row['rubric_asked']}"
        assert said in cell.inner_text()
        if not row["error"]:
            assert 0.2 < float(row["likeness"]) < 0.95
            assert float(row["making_s"]) > 0
            assert f"{float(row['likeness']):.0%}".replace("%", " %") in cell.inner_text()
    page.get_by_role("button", name="Turn together").first.click()
    wait_until(page, "maquette.panes?.triangles.join() === '4,4'")
    page.get_by_role("button", name="Hide print · tiny-lump").click()
    assert page.locator(".bake-table thead th").count() == 2
    page.get_by_role("button", name="Show 1 hidden").click()


def test_two_versions_stand_beside_each_other_and_turn_together(page, server, photo):
    one = order(server, photo)
    order(server, photo, tag=one["tag"], options={"raw.seed": 5})
    show(page, server, one)
    page.get_by_role("button", name="Compare with version 2").click()
    page.get_by_role("button", name="Side by side").click()
    wait_until(page, "maquette.panes?.triangles.join() === '4,4'")
    page.wait_for_timeout(400)

    def halves() -> list[np.ndarray]:
        shot = Image.open(io.BytesIO(page.locator(".beside canvas").screenshot())).convert("L")
        pixels = np.asarray(shot).astype(int)[80:-60]
        return [pixels[:, : pixels.shape[1] // 2], pixels[:, pixels.shape[1] // 2 :]]

    before, eye = halves(), page.evaluate("maquette.panes.camera")
    area = page.locator(".beside canvas").bounding_box()
    page.mouse.move(area["x"] + 200, area["y"] + 300)  # in the left one
    page.mouse.down()
    page.mouse.move(area["x"] + 320, area["y"] + 300, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)
    assert page.evaluate("maquette.panes.camera") != eye
    for was, now in zip(before, halves(), strict=True):
        assert (np.abs(was - now) > 25).mean() > 0.02


def test_a_scene_is_placed_photographed_and_written_with_instances(page, server, photo):
    job = order(server, photo)
    show(page, server, job)
    page.get_by_text("Other formats").click()
    page.get_by_role("button", name="Put into a scene").click()
    page.wait_for_url("**/scene/s-*")
    wait_until(page, "maquette.state().set?.things.size === 1")
    page.get_by_role("button", name="Add ball.3mf").first.click()
    wait_until(page, "maquette.state().set.things.size === 2")
    page.get_by_label("y mm").fill("120")
    page.get_by_label("y mm").press("Tab")
    page.get_by_role("button", name="Frame the model").click()
    page.locator(".side.right .setting select").select_option("clay")
    for name, value in (("size px", "128"), ("rays", "2")):
        page.get_by_label(name).fill(value)
        page.get_by_label(name).press("Tab")
    page.get_by_role("button", name="Take the picture").click()
    page.get_by_role("button", name="Make GLB").click()
    ours = "Object.values(maquette.state().jobs).filter((job) => /^s-/.test(job.tag))"
    wait_until(page, f"{ours}.length === 2 && {ours}.every((job) => ['success', 'failed'].includes(job.state))")
    files = {job["order"]["output"]: job["files"] for job in page.evaluate(ours)}
    glb = server.client.get(files["scene.glb"][0]["href"]).content
    root = json.loads(glb[20 : 20 + struct.unpack("<I", glb[12:16])[0]])
    assert len(root["scenes"][0]["nodes"]) == 2
    assert len(root["meshes"]) == 1  # the same thing twice lies in it once
    picture = np.asarray(Image.open(io.BytesIO(server.client.get(files["scene.png"][0]["href"]).content)).convert("L"))
    assert picture.shape == (128, 128)
    assert picture.std() > 5
    things = page.evaluate("maquette.state().things")
    page.reload()  # the address is the state
    wait_until(page, "maquette.state().set?.things.size === 2")
    assert page.evaluate("maquette.state().things") == things


def test_what_costs_money_is_asked_for_with_its_price(browser, server, photo):
    job = order(server, photo)
    with open_page(browser, server, said=("402", "422", "503")) as page:
        show(page, server, job)
        page.get_by_role("tab", name="Knobs").click()
        page.get_by_label("generator", exact=True).select_option("tripo")
        (usd,) = [
            row["price_usd"] for row in page.evaluate("maquette.state().catalog.generators") if row["name"] == "tripo"
        ]
        page.get_by_role("button", name=f"Run for up to ${usd:.2f}").wait_for()
        bodies = []
        page.on("request", lambda request: request.method == "POST" and bodies.append(request.post_data_json))
        page.get_by_role("button", name=f"Run for up to ${usd:.2f}").click()
        wait_until(page, f"{JOB}.id !== '{job['id']}' || maquette.state().toasts.length > 0")
        assert [body["pay_usd"] for body in bodies if body and "pay_usd" in body] == [usd]


def test_a_form_with_a_paid_step_asks_before_it_pays(browser, server, photo):
    form = {
        "recipe": "paid", "summary": "One by a provider.", "inputs": ["photo"],
        "steps": {"opened": {"stage": "open", "from": "photo"}, "made": {"stage": "tripo", "from": "opened"}},
        "result": "made",
    }  # fmt: skip
    server.client.post("/api/published", json={"name": "paid", "text": json.dumps(form)}).raise_for_status()
    with open_page(browser, server, said=("402", "422", "503")) as page:
        go(page, server, "/form/paid@1")
        page.locator("input[type=file]").set_input_files(photo)
        page.locator(".form-file img").wait_for()
        bodies = []
        page.on("request", lambda request: "/api/recipes/" in request.url and bodies.append(request.post_data_json))
        page.locator("form button.main").click()
        page.get_by_role("alertdialog").get_by_role("button").last.click()
        wait_until(page, "maquette.state().place.screen !== 'form' || maquette.state().toasts.length > 0")
        assert [body.get("pay_usd") for body in bodies] == [None, 0.4]


def test_a_bake_off_that_its_table_cannot_hold_is_not_begun(page, server):
    go(page, server)
    begin = "import('/site/app/orders.js').then((all) => all.orderBake(Array(251).fill({}), ['a', 'b'], () => 0))"
    assert "at most 500 results; these are 502" in page.evaluate(f"{begin}.catch((problem) => problem.message)")


def test_a_project_opens_at_its_newest_version_and_not_at_a_file_of_it(page, server, photo, tmp_path):
    job = order(server, photo, tag="w-bundle")
    other = order(server, photo, tag="w-bundle-files")
    place = tmp_path / "thing.maquette"
    place.write_bytes(server.client.get("/api/projects/w-bundle").content)
    go(page, server)
    drop(page, place)
    page.wait_for_url("**/m/*")
    assert job["id"] in page.url
    assert other["id"] not in page.url


def test_nobody_pays_by_waiting(browser, server, photo):
    with open_page(browser, server, countdown="on") as page:
        page.add_init_script("localStorage.setItem('maquette.generator', 'tripo')")
        go(page, server)
        drop(page, photo)
        page.get_by_text("Choose what it shall become").wait_for()
        assert page.evaluate("maquette.state().intake.until") == 0
        assert "up to $" in page.get_by_role("button", name="Print", exact=False).first.inner_text()


def test_a_graph_is_published_and_filled_in_as_a_form(page, server, photo):
    job = order(server, photo)
    open_graph(page, server, job)
    page.get_by_role("button", name="Publish", exact=True).click()
    sheet = page.get_by_role("dialog", name="Publish")
    sheet.get_by_label("Name", exact=True).fill("small-things")
    for box in sheet.get_by_role("checkbox", checked=True).all():
        box.uncheck()
    sheet.get_by_label("height mm sized").check()
    sheet.get_by_role("button", name="Publish it").click()
    sheet.get_by_text("Version 1 is there.").wait_for()
    sheet.get_by_role("link", name="Open the form").click()
    page.wait_for_url("**/form/small-things@1")
    page.locator(".knob").first.wait_for()
    assert page.locator(".knob").count() == 1
    page.get_by_label("photo").set_input_files(photo)
    page.get_by_label("height mm").fill("21")
    page.get_by_label("height mm").press("Tab")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_url("**/m/*")
    wait_until(page, f"{JOB}.state === 'success' && maquette.ready")
    assert wait_until(page, "Math.abs(maquette.state().shown.size[2] - 21) < 0.01")


def test_a_project_is_dropped_like_a_photo(page, server, photo, tmp_path):
    job = order(server, photo)
    place = tmp_path / "thing.maquette"
    place.write_bytes(server.client.get(f"/api/projects/{job['tag']}").content)
    go(page, server)
    drop(page, place)
    page.wait_for_url(f"**/m/{job['id']}")


SCREENS = {
    "/bake/k-00000000-0000": ".bake-table img",
    "/scene/s-00000000-0000": ".shelf button",
    "/form/plain@1": ".knob",
    "/batch/k-00000000-0000": ".card img",
}


@pytest.fixture(scope="module")
def shown(server, photo):
    """One result under a tag that is a batch and a bake-off, and a published recipe."""
    job = order(server, photo, tag="k-00000000-0000-001-001")
    text = (
        server.client.get(f"/api/jobs/{job['id']}/recipe?as=yaml").text + "knobs: {height_mm: {turns: sized.height_mm}}"
    )
    server.client.post("/api/published", json={"name": "plain", "text": f"{text}\n"}).raise_for_status()
    return job


def test_a_photo_that_arrives_takes_nothing_away_that_is_being_typed(page, server, shown, photo):
    go(page, server, "/form/plain@1")
    box = page.locator(".knob input").first
    box.select_text()
    page.keyboard.type("21")
    page.get_by_label("photo").set_input_files(photo)
    page.locator(".form-file img").wait_for()
    assert box.input_value() == "21"
    page.get_by_label("photo").focus()
    page.locator(".knob.changed").wait_for()
    assert box.input_value() == "21"


@pytest.mark.parametrize(("scheme", "width"), [("light", 390), ("dark", 1280)])
def test_the_other_screens_fit_and_axe_finds_no_serious_fault(browser, server, shown, scheme, width):
    place = os.environ.get("AXE_CORE", "")
    size = {"width": width, "height": 844}
    with open_page(browser, server, color_scheme=scheme, viewport=size, reduced_motion="reduce") as page:
        for address, there in {**SCREENS, f"/m/{shown['id']}/graph": ".graph-node"}.items():
            go(page, server, address)
            page.locator(there).first.wait_for()
            if "graph" in address:
                page.locator(".graph").focus()
                page.keyboard.press("n")
            if "bake" in address:
                page.get_by_role("button", name="Share").click()
            page.wait_for_timeout(400)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
            if place:
                page.evaluate(Path(place).read_text())
                faults = page.evaluate("axe.run().then((result) => result.violations)")
                grave = [one for one in faults if one["impact"] in ("serious", "critical")]
                said = [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in grave]
                assert said == [], address
