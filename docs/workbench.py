"""Take the pictures of the workbench: ``python docs/workbench.py [photo] [folder]``; needs playwright and chromium.

Every screen in both schemes at 390, 1280 and 2560 pixels goes into the folder (out/workbench), to be looked at;
four of them become the pictures of docs/workbench.md.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
SIZES = ((1280, 800), (390, 844), (2560, 1440))
PATIENCE_MS = 600_000


@contextmanager
def workbench(home: Path) -> Iterator[str]:
    """A server with the workbench; its address."""
    command = [sys.executable, "-m", "maquette", "serve", "--home", str(home), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        yield process.stderr.readline().split()[2].removesuffix("/api")
    finally:
        process.terminate()
        process.wait(30)


def make_thing(browser: Browser, base: str, photo: Path) -> str:
    """Drop a photo and wait for its end; the address of the job."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{base}/?plain=1")
    page.locator(".target input[type=file]").first.set_input_files(photo)
    page.wait_for_url("**/m/*")
    while page.evaluate("maquette.state().jobs[maquette.state().place.job]?.state") not in ("success", "failed"):
        page.wait_for_timeout(500)
    address = page.url.partition("?")[0]
    page.close()
    return address


def order(client: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Order a job and wait for its end."""
    job: dict[str, Any] = client.post("/api/jobs", json=body).raise_for_status().json()
    while job["state"] not in ("success", "failed"):
        job = client.get(f"/api/jobs/{job['id']}?wait=20").json()
    return job


def make_others(base: str, job: str) -> dict[str, str]:
    """A second version, a batch and a bake-off of the same photo, a scene's tag; addresses by screen."""
    import httpx

    client = httpx.Client(base_url=base, timeout=600, trust_env=False)
    first = client.get(f"/api/jobs/{job.rpartition('/')[2]}").json()
    plain = {"kind": "make", "inputs": first["order"]["inputs"]}
    for destination, ending, generator, tag in (
        ("print", ".3mf", "inflate", first["tag"]),
        ("print", ".3mf", "sculpt", "k-0badcafe-0001-001-001"),
        ("print", ".3mf", "inflate", "k-0badcafe-0001-001-002"),
        ("model", ".glb", "sculpt", "k-0badcafe-0001-001-003"),
        ("print", ".3mf", "inflate", "b-0badcafe-0001-001"),
        ("model", ".glb", "inflate", "b-0badcafe-0001-002"),
    ):
        options = {"report": False, "generator": generator}
        body = {**plain, "output": f"cup{ending}", "destination": destination, "options": options, "tag": tag}
        order(client, body)
    text = client.get(f"/api/jobs/{first['id']}/recipe?as=yaml").text + "knobs: {height_mm: {turns: sized.height_mm}}\n"
    client.post("/api/published", json={"name": "cups", "text": text.replace("recipe: print", "recipe: cups")})
    client.close()
    return {
        "batch": f"{base}/batch/b-0badcafe-0001",
        "bake": f"{base}/bake/k-0badcafe-0001",
        "scene": f"{base}/scene/s-0badcafe-0001",
        "form": f"{base}/form/cups@1",
    }


def take_pictures(browser: Browser, base: str, job: str, folder: Path) -> None:
    """Every screen, scheme and size."""
    screens = {"drop": f"{base}/", "model": job, "graph": f"{job}/graph", **make_others(base, job)}
    for scheme in ("light", "dark"):
        for width, height in SIZES:
            options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
            page = browser.new_page(**options)
            page.set_default_timeout(PATIENCE_MS)
            for name, address in screens.items():
                page.goto(f"{address}?plain=1", wait_until="commit")
                settle(page, name)
                page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
                for part, show in PARTS.get(name, {}).items():
                    show(page)
                    page.wait_for_timeout(1500)
                    page.screenshot(path=folder / f"{part}-{scheme}-{width}.png")
                    page.keyboard.press("Escape")
            page.close()


def stand_beside(page: Page) -> None:
    """Two versions under one camera."""
    page.get_by_role("button", name="Compare with version 2").click()
    page.get_by_role("button", name="Side by side").click()
    while not page.evaluate("maquette.panes?.triangles[1] > 0"):
        page.wait_for_timeout(200)


def turn_together(page: Page) -> None:
    """All results of a photo under one camera."""
    page.get_by_role("button", name="Turn together").first.click()
    while not page.evaluate("maquette.panes?.triangles[1] > 0"):
        page.wait_for_timeout(200)


def write_notes(page: Page) -> None:
    """A note and a frame, once; they stay in the room."""
    if not page.evaluate("Object.keys(maquette.state().graph.now.notes).length"):
        page.get_by_role("button", name="Note", exact=True).click()
        page.get_by_role("textbox", name="Note").fill("The handle is thin: try 3 mm.")
        for name, keys in (("sized", []), ("firm", ["Shift"])):
            page.locator(f".graph-node[data-step={name}] .node-head").click(modifiers=keys)
        page.get_by_role("button", name="Group", exact=True).click()


def share(page: Page) -> None:
    """The drawer for others."""
    page.get_by_role("button", name="Share").click()


def publish(page: Page) -> None:
    """The sheet that publishes a graph."""
    page.get_by_role("button", name="Publish", exact=True).click()


PARTS: dict[str, dict[str, Any]] = {
    "model": {"share": share, "beside": stand_beside},
    "graph": {"notes": write_notes, "publish": publish},
    "bake": {"turning": turn_together},
}


def settle(page: Page, name: str) -> None:
    """Wait until a screen has what it shows."""
    if name == "model":
        while not page.evaluate("window.maquette?.ready"):
            page.wait_for_timeout(200)
    if name == "scene":
        page.locator(".shelf button").first.wait_for()
        if page.evaluate("maquette.state().joined && !Object.keys(maquette.state().things).length"):
            for _ in range(2):
                page.locator(".shelf button").nth(_).click()
        while not page.evaluate("maquette.state().set?.things.size === 2"):
            page.wait_for_timeout(200)
        page.get_by_role("button", name="Frame the model").click()
    places = {"drop": ".invite", "model": ".report li", "graph": ".graph-node img", "batch": ".card img"}
    places |= {"bake": ".bake-table img", "scene": ".things li", "form": ".knob"}
    page.locator(places[name]).first.wait_for()
    page.wait_for_timeout(1500)


def main() -> None:
    """Run it."""
    photo = Path(sys.argv[1]) if sys.argv[1:] and sys.argv[1] else Path(str(files("skimage") / "data" / "coffee.png"))
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else "out/workbench")
    folder.mkdir(parents=True, exist_ok=True)
    home = Path(os.environ.get("WORKBENCH_HOME") or tempfile.mkdtemp())
    with workbench(home) as base, sync_playwright() as play:
        browser = play.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        take_pictures(browser, base, make_thing(browser, base, photo), folder)
        browser.close()
    for name, shown in (("model", "model"), ("graph", "notes"), ("bake", "turning"), ("scene", "scene")):
        picture = Image.open(folder / f"{shown}-light-1280.png").convert("RGB")
        picture.save(Path(__file__).parent / f"workbench-{name}.jpg", quality=84, optimize=True)


if __name__ == "__main__":
    main()
