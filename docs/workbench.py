"""Take the pictures of the workbench: ``python docs/workbench.py [photo] [folder]``; needs playwright and chromium.

Every screen in both schemes at 390, 1280 and 2560 pixels goes into the folder (out/workbench), to be looked at;
two of them become the pictures of docs/workbench.md.
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


def take_pictures(browser: Browser, base: str, job: str, folder: Path) -> None:
    """Every screen, scheme and size."""
    for scheme in ("light", "dark"):
        for width, height in SIZES:
            options: dict[str, Any] = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
            page = browser.new_page(**options)
            page.set_default_timeout(PATIENCE_MS)
            for name, address in (("drop", f"{base}/"), ("model", job), ("graph", f"{job}/graph")):
                page.goto(f"{address}?plain=1", wait_until="commit")
                settle(page, name)
                page.screenshot(path=folder / f"{name}-{scheme}-{width}.png")
            page.close()


def settle(page: Page, name: str) -> None:
    """Wait until a screen has what it shows."""
    if name == "model":
        while not page.evaluate("window.maquette?.ready"):
            page.wait_for_timeout(200)
    page.locator({"drop": ".invite", "model": ".report li", "graph": ".graph-node img"}[name]).first.wait_for()
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
    for name in ("model", "graph"):
        picture = Image.open(folder / f"{name}-light-1280.png").convert("RGB")
        picture.save(Path(__file__).parent / f"workbench-{name}.jpg", quality=84, optimize=True)


if __name__ == "__main__":
    main()
