"""Several people on one canvas, in one browser or two; the notes and frames that lie on it."""

from __future__ import annotations

import json

from workbench import JOB, NEEDS_CHROMIUM, open_graph, open_page, order, wait_until

pytestmark = NEEDS_CHROMIUM
NOW = "JSON.stringify(maquette.state().graph.now)"


def test_notes_and_groups_are_saved_undone_and_run_with_the_graph(page, server, photo):
    job = order(server, photo)
    open_graph(page, server, job)
    bare = page.evaluate(NOW)
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_role("textbox", name="Note").fill("the cup is 80 mm high")
    page.locator(".graph-node[data-step=sized]").click()
    page.locator(".graph-node[data-step=cut] .node-head").click(modifiers=["Shift"])
    page.get_by_role("button", name="Group", exact=True).click()
    page.get_by_label("Name of the group").fill("size")
    page.get_by_label("Name of the group").press("Enter")
    now = page.evaluate("maquette.state().graph.now")
    assert [note["text"] for note in now["notes"].values()] == ["the cup is 80 mm high"]
    assert [(one["title"], one["steps"]) for one in now["groups"].values()] == [("size", ["sized", "cut"])]
    before = page.evaluate("maquette.state().graph.now.places")
    head = page.locator(".frame-head").bounding_box()
    page.mouse.move(head["x"] + head["width"] - 40, head["y"] + 6)
    page.mouse.down()
    page.mouse.move(head["x"] + head["width"] - 40, head["y"] + 66, steps=4)
    page.mouse.up()
    after = page.evaluate("maquette.state().graph.now.places")
    assert {name for name in after if after[name] != before[name]} == {"sized", "cut"}
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as recipe").click()
    text = download.value.path().read_text()
    canvas = server.client.post("/api/graph", json={"text": text}).json()["form"]["canvas"]
    assert canvas["groups"] == [{"title": "size", "steps": ["sized", "cut"]}]
    assert canvas["places"]["sized"] == after["sized"]
    assert canvas["notes"][0]["text"] == "the cup is 80 mm high"
    page.reload()  # what was drawn is kept without running it
    wait_until(page, "Object.keys(maquette.state().graph?.now.notes ?? {}).length === 1")
    page.get_by_role("button", name="Run", exact=True).click()
    wait_until(page, f"{JOB}.id !== '{job['id']}' && {JOB}.state === 'success'")
    assert {node.get("ran", False) for node in page.evaluate(f"{JOB}.nodes").values() if node.get("stage")} == {False}
    page.get_by_role("link", name="Graph", exact=True).click()
    wait_until(page, "Object.values(maquette.state().graph?.now.groups ?? {})[0]?.title === 'size'")
    open_graph(page, server, job)
    page.get_by_role("button", name="Remove this note").click(force=True)
    page.get_by_role("button", name="Undo (Ctrl Z)").click()
    assert "80 mm" in page.evaluate(NOW)
    assert bare != page.evaluate(NOW)


def test_a_gesture_is_one_undo(page, server, photo):
    job = order(server, photo)
    open_graph(page, server, job)
    states = [page.evaluate(NOW)]
    page.locator(".graph").focus()
    page.keyboard.press("n")
    page.get_by_role("textbox", name="Note").fill("one")
    page.get_by_role("textbox", name="Note").blur()
    states.append(page.evaluate(NOW))
    page.locator(".graph-node[data-step=sized]").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("g")
    states.append(page.evaluate(NOW))
    for state, count in ((states[1], 1), (states[0], 2)):
        for _ in range(count):
            page.get_by_role("button", name="Undo (Ctrl Z)").click()
        assert page.evaluate(NOW) == state
    assert page.get_by_role("button", name="Undo (Ctrl Z)").is_disabled()


def test_two_people_on_one_graph(browser, server, photo):
    with open_page(browser, server) as ann, open_page(browser, server) as ben:
        for person, name in ((ann, "Ann"), (ben, "Ben")):
            person.add_init_script(f"localStorage.setItem('maquette.name', '{name}')")
        job = order(server, photo)
        open_graph(ann, server, job)
        open_graph(ben, server, job)
        assert ann.evaluate(NOW) == ben.evaluate(NOW)
        node = ann.locator(".graph-node[data-step=sized] .node-head").bounding_box()
        ann.mouse.move(node["x"] + 30, node["y"] + 12)
        ann.mouse.down()
        ann.mouse.move(node["x"] + 90, node["y"] + 72, steps=5)
        ann.mouse.up()
        place = ann.evaluate("maquette.state().graph.now.places.sized")
        text = json.dumps(place, separators=(",", ":"))
        wait_until(
            ben,
            f"JSON.stringify(maquette.state().graph.now.places.sized) === '{text}'",
        )
        ben.locator(".cursor", has_text="Ann").wait_for()
        ben.locator(".graph-node[data-step=sized] .picked-by", has_text="Ann").wait_for()
        ben.locator(".graph").focus()
        ben.keyboard.press("n")
        ben.get_by_role("textbox", name="Note").fill("from Ben")
        ben.get_by_role("textbox", name="Note").blur()
        wait_until(ann, f"{NOW}.includes('from Ben')")
        ann.get_by_role("button", name="Undo (Ctrl Z)").click()  # her drag, not his note
        assert ann.evaluate("maquette.state().graph.now.places.sized") != place
        assert "from Ben" in ann.evaluate(NOW)
        wait_until(
            ben,
            f"JSON.stringify(maquette.state().graph.now.places.sized) !== '{text}'",
        )
        assert "from Ben" in ben.evaluate(NOW)
