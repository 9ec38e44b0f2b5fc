"""The workbench under a hand that never rests: ``python bench/workbench.py speed|random|people [--minutes 5]``.

``speed``: first paint, drop to rough solid, frames a second while turning 100,000 and 500,000 faces, the longest task,
memory with ten models. ``random``: seeded clicks, keys, typing and drops; fails on a console error, an unhandled
rejection or a version that is lost. ``people``: two browsers change one graph at once; fails unless both end with the
same document. Needs playwright and Debian's chromium; the generator is the tests' own, so that the page is measured.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import maquette as mq
import tiny_stages
from maquette.geometry.flat.lathe import turn_profile
from samples import cut_out, png
from workbench import CHROMIUM, FLAGS, order, wait_until

KEYS = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "0",
    "x",
    "f",
    "p",
    "r",
    "c",
    " ",
    "Escape",
    "Tab",
    "Enter",
    "n",
    "g",
]
KEYS += ["Control+z", "Control+Shift+z", "Delete", "j", "?"]
CONTROLS = "button:visible, a[href^='/']:visible, summary:visible, .graph-node:visible, canvas:visible, .graph:visible"
FIELDS = (
    "input[type=text]:visible, input[type=number]:visible, textarea:visible, input[type=range]:visible, select:visible"
)
WORDS = ["80", "0.5", "-3", "cup", "", "1e9", "ä<b>", "12,5"]
NEVER = (
    "Sign out",
    "Leave as guest",
    "Open in PrusaSlicer",
    "Open in CuraEngine",
)  # they leave the page or the browser
LISTEN = """window.rough = []; window.long = 0;
addEventListener("unhandledrejection", (event) => window.rough.push(String(event.reason)));
const watch = new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.long = Math.max(window.long, one.duration);
});
watch.observe({ type: "longtask", buffered: true });"""


def open_tab(browser: Browser, base: str, complaints: list[str], name: str = "") -> Page:
    """A page that listens to its own faults."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    for key, value in (("generator", "tiny-lump"), ("countdown", "off"), ("name", name)):
        context.add_init_script(f"try {{ localStorage.setItem('maquette.{key}', '{value}') }} catch {{}}")
    context.add_init_script(LISTEN)
    page = context.new_page()
    page.set_default_timeout(60_000)
    refused = "Failed to load resource"  # a refusal in the server's words is an answer, not a fault of the page
    page.on("console", lambda said: said.type == "error" and refused not in said.text and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.goto(f"{base}/?plain=1", wait_until="commit")
    wait_until(page, "window.maquette && maquette.state().catalog")
    return page


def as_job(server: Any, faces: int) -> dict[str, Any]:
    """A ball of about so many faces as a result."""
    rows = round((faces / 4) ** 0.5)
    profile = np.column_stack([np.sin(angle := np.linspace(0, np.pi, rows)), 1 - np.cos(angle)]) * 40
    profile[[0, -1], 0] = 0
    asset = mq.Asset(mq.Mesh(*turn_profile(profile, 2 * rows)), sized=True)
    place = mq.save(asset, Path(tempfile.mkdtemp()) / "ball.stl")
    steps = {"it": {"stage": "settle", "from": "asset", "with": {"contact_share": 0}}}
    recipe = {"recipe": "ball", "summary": "A ball.", "inputs": ["asset"], "steps": steps, "result": "it"}
    body = {"kind": "recipe", "recipe": json.dumps(recipe, indent=1), "output": "ball.glb", "tag": f"w-{faces:08x}"}
    body["inputs"] = {"asset": server.upload(place.read_bytes(), "ball.stl")}
    return server.job(server.client.post("/api/jobs", json=body).json()["id"], 600)


def frames(page: Page, seconds: float = 4.0) -> float:
    """Frames a second while the model turns."""
    count = """(ms) => new Promise((resolve) => { let n = 0; const start = performance.now();
      const tick = (now) => { n += 1;
        if (now - start > ms) resolve((n * 1000) / (now - start)); else requestAnimationFrame(tick); };
      requestAnimationFrame(tick); })"""
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    rate = page.evaluate(count, seconds * 1000)
    page.keyboard.press(" ")
    return float(rate)


def tab_bytes(browser: Browser) -> int:
    """What the largest page process holds of its own, shared libraries left out."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    places = [Path(f"/proc/{each['id']}/statm") for each in processes if each["type"] == "renderer"]
    fields = [place.read_text().split() for place in places if place.exists()]
    return max((int(row[1]) - int(row[2])) * 4096 for row in fields)


def measure_speed(server: Any, browser: Browser, photo: Path) -> dict[str, Any]:
    """The numbers of the page."""
    complaints: list[str] = []
    order(server, photo)  # a worker that has loaded its stages
    page = open_tab(browser, server.base, complaints)
    rows: dict[str, Any] = {}
    paint = "performance.getEntriesByType('paint').find((one) => one.name === 'first-contentful-paint')?.startTime"
    rows["first paint ms"] = round(page.evaluate(paint))
    sizes = "performance.getEntriesByType('resource').reduce((sum, one) => sum + (one.decodedBodySize || 0), 0)"
    rows["first load kB"] = round(page.evaluate(sizes) / 1000)
    started = time.perf_counter()
    page.locator(".target input[type=file]").first.set_input_files(photo)
    page.get_by_role("button", name="Print", exact=False).first.click()
    wait_until(page, "maquette.state().shown.address")
    rows["drop to solid s"] = round(time.perf_counter() - started, 2)
    wait_until(page, "maquette.state().jobs[maquette.state().place.job].state === 'success'")
    rows["longest task ms"] = round(page.evaluate("window.long"))
    jobs = {faces: as_job(server, faces) for faces in (100_000, 500_000)}
    for job in jobs.values():
        page.goto(f"{server.base}/m/{job['id']}?plain=1", wait_until="commit")
        wait_until(page, "window.maquette?.ready")
        rows[f"frames a second, {page.evaluate('maquette.triangles'):,} faces"] = round(frames(page), 1)
    for _ in range(10):
        page.locator("a[href='/']").first.click()
        page.evaluate(
            f"history.pushState(null, '', '/m/{jobs[100_000]['id']}'); dispatchEvent(new PopStateEvent('popstate'))"
        )
        wait_until(page, "maquette.ready")
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    rows["script memory after ten models MB"] = round(session.send("Runtime.getHeapUsage")["usedSize"] / 1e6)
    rows["memory of the tab's process MB"] = round(tab_bytes(browser) / 1e6)
    rows["complaints"] = complaints
    return rows


def step(page: Page, draw: random.Random, photo: Path) -> str:
    """One thing that a hand might do; what it was."""
    kind = draw.choices(["click", "key", "type", "drop", "drag", "back"], [10, 6, 4, 1, 4, 1])[0]
    if kind == "key":
        key = draw.choice(KEYS)
        page.keyboard.press(key)
        return key
    if kind == "drop":
        page.evaluate("document.querySelector('.brand')?.click()")
        page.locator(".target input[type=file]").first.set_input_files(photo, timeout=3000)
        page.locator(".destination:enabled").nth(draw.randrange(2)).click(timeout=3000)
        return "drop"
    if kind == "back":
        page.go_back(timeout=3000)
        return "back"
    found = page.locator(FIELDS if kind == "type" else CONTROLS)
    count = found.count()
    if not count:
        return "nothing"
    one = found.nth(draw.randrange(count))
    if kind == "type":
        return type_into(one, draw)
    name = (one.get_attribute("aria-label", timeout=500) or one.inner_text(timeout=500) or "").strip()[:40]
    if name in NEVER or one.get_attribute("target", timeout=500):
        return "not this"
    if kind == "click":
        one.click(timeout=800)
        return f"click {name}"
    box = one.bounding_box(timeout=500)
    if box:
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + draw.randrange(200), box["y"] + draw.randrange(200), steps=3)
        page.mouse.up()
    return f"drag {name}"


def type_into(one: Any, draw: random.Random) -> str:
    """Fill a field with something, sensible or not."""
    if one.evaluate("(field) => field.tagName", timeout=500) == "SELECT":
        options = one.locator("option").count()
        one.select_option(index=draw.randrange(options), timeout=500)
        return "select"
    one.fill(draw.choice(WORDS), timeout=500)
    one.press("Tab", timeout=500)
    return "type"


def use_at_random(server: Any, browser: Browser, photo: Path, minutes: float, seed: int) -> dict[str, Any]:
    """Click about; what was done and what complained."""
    from playwright.sync_api import Error

    complaints: list[str] = []
    draw = random.Random(seed)
    order(server, photo)
    page = open_tab(browser, server.base, complaints)
    done, missed, versions, until = 0, 0, set(), time.monotonic() + minutes * 60
    while time.monotonic() < until:
        try:
            step(page, draw, photo)
            done += 1
        except Error:
            missed += 1  # it moved, or something lay over it
        if not page.url.startswith(server.base):
            page.goto(f"{server.base}/?plain=1")
        if done % 50 == 0:
            versions |= {row["id"] for row in server.client.get("/api/jobs?limit=500").json()["jobs"]}
    here = {row["id"] for row in server.client.get("/api/jobs?limit=500").json()["jobs"]}
    complaints += page.evaluate("window.rough ?? []")
    lost = sorted(versions - here)[:5] if len(here) < 500 else []
    return {"minutes": minutes, "seed": seed, "steps": done, "missed": missed, "jobs": len(here), "lost": lost,
            "complaints": complaints}  # fmt: skip


def edit_together(server: Any, browser: Browser, photo: Path, minutes: float, seed: int) -> dict[str, Any]:
    """Two people on one graph; whether both see the same in the end."""
    complaints: list[str] = []
    draw = random.Random(seed)
    job = order(server, photo)
    pages = [open_tab(browser, server.base, complaints, name) for name in ("Ann", "Ben")]
    for page in pages:
        page.goto(f"{server.base}/m/{job['id']}/graph?plain=1", wait_until="commit")
        wait_until(page, "window.maquette?.state().room?.you")
    edit = """async ([kind, number]) => {
      const [doc, marks] = await Promise.all([import("/site/graph/doc.js"), import("/site/graph/marks.js")]);
      const { state } = await import("/site/app/store.js");
      const now = state.graph.value;
      const pick = (list) => list[number % list.length];
      const names = Object.keys(now.now.form.steps);
      const notes = Object.keys(now.now.notes);
      const act = {
        move: () => doc.move(now.now, pick(names), [number % 900, number % 500]),
        knob: () => doc.setKnob(now.now, "sized", "height_mm", 10 + (number % 90)),
        note: () => marks.addNote(now.now, [number % 900, 9]).now,
        write: () => (notes.length ? marks.writeNote(now.now, pick(notes), `n${number}`) : now.now),
        drop: () => (notes.length > 3 ? marks.removeNote(now.now, pick(notes)) : now.now),
        group: () => marks.group(now.now, [pick(names), pick(names.slice(1))], `g${number}`),
      }[kind];
      state.graph.value = kind === "undo" ? doc.undo(now) : kind === "redo" ? doc.redo(now) : doc.commit(now, act());
    }"""
    kinds, edits, until = (
        ["move", "knob", "note", "write", "drop", "group", "undo", "redo"],
        0,
        time.monotonic() + minutes * 60,
    )
    while time.monotonic() < until:
        for page in draw.sample(pages, 2):
            page.evaluate(edit, [draw.choice(kinds), draw.randrange(10_000)])
            edits += 1
    waits = [see(pages, 40 + 7 * number) for number in range(20)]
    flat = """import('/site/graph/flat.js').then(({ flat }) =>
      JSON.stringify(Object.entries(flat(maquette.state().graph.now)).sort()))"""
    same = False
    for _ in range(50):
        time.sleep(0.2)
        same = pages[0].evaluate(flat) == pages[1].evaluate(flat)
        if same:
            break
    rows = json.loads(pages[0].evaluate(flat))
    seen = {"seen after ms, median": round(float(np.median(waits))), "at most": round(max(waits))}
    return {"minutes": minutes, "seed": seed, "edits": edits, "rows": len(rows), "same": same, **seen,
            "complaints": complaints}  # fmt: skip


def see(pages: list[Page], x: int) -> float:
    """Milliseconds from a change in one browser until the other one has it, by the machine's own clock."""
    move = """async (x) => {
      const [{ state }, { move }] = await Promise.all([import("/site/app/store.js"), import("/site/graph/doc.js")]);
      state.graph.value = { ...state.graph.value, now: move(state.graph.value.now, "sized", [x, 3]) };
      return Date.now(); }"""
    wait = """(x) => new Promise((resolve) => { const look = setInterval(() => {
      const place = maquette.state().graph.now.places.sized;
      if (place[0] === x && place[1] === 3) { clearInterval(look); resolve(Date.now()); } }, 2); })"""
    pages[1].evaluate(f"window.coming = ({wait})({x}); 0")
    start = pages[0].evaluate(move, x)
    return float(pages[1].evaluate("window.coming") - start)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["speed", "random", "people"])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp())
    subject = cut_out(64)
    alpha = (np.asarray(subject.mask) * 255).astype(np.uint8)
    photo = home / "ball.png"
    photo.write_bytes(png(np.dstack([np.asarray(subject.pixels), alpha])))
    server = tiny_stages.Server(home / "home", tiny_stages.install(home / "site"))
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        if asked.what == "speed":
            rows = measure_speed(server, browser, photo)
        else:
            run = use_at_random if asked.what == "random" else edit_together
            rows = run(server, browser, photo, asked.minutes, asked.seed)
        browser.close()
    server.process.kill()
    server.stop()
    rows["complaints"] = sorted(set(rows["complaints"]))
    for name, value in rows.items():
        print(f"{name}: {value}")
    if rows.get("complaints") or rows.get("lost") or rows.get("same") is False:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
