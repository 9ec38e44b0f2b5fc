"""The workbench in Debian's Chromium, driven by playwright: one server and one browser for all of its tests."""

from __future__ import annotations

import secrets
import shutil
import time
from contextlib import contextmanager

import numpy as np
import pytest

import tiny_stages
from samples import cut_out, png
from tiny_stages import Server

CHROMIUM = shutil.which("chromium") or ""
NEEDS_CHROMIUM = pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium")
FLAGS = ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
PATIENCE_MS = 60_000  # for a loaded machine; a quiet one needs a few seconds


@pytest.fixture(scope="session")
def env(tmp_path_factory):
    pytest.importorskip("dbos", reason="needs the extra server")
    return tiny_stages.install(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="session")
def server(env, tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("home"), env)
    server.client.get("/api/stages")  # the page would wait for it
    yield server
    server.process.kill()
    server.stop()


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, a dev dependency")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def photo(tmp_path_factory):
    """A ball on nothing: its alpha is its mask, so that no network needs to look."""
    subject = cut_out(64)
    place = tmp_path_factory.mktemp("photo") / "ball.png"
    alpha = (np.asarray(subject.mask) * 255).astype(np.uint8)
    place.write_bytes(png(np.dstack([np.asarray(subject.pixels), alpha])))
    return place


@contextmanager
def open_page(browser, server, said=(), countdown="off", **options):
    """A page whose console must stay silent, but for what is ``said``, and which may ask nobody but us.

    Nothing starts by itself unless ``countdown`` is on: three seconds are short on a loaded machine.
    """
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
    for name, value in (("generator", "tiny-lump"), ("countdown", countdown)):
        context.add_init_script(f"localStorage.setItem('maquette.{name}', '{value}')")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints, strangers = [], []
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    ours = (server.base, server.base.replace("http", "ws"), "blob:", "data:")
    page.on("request", lambda request: request.url.startswith(ours) or strangers.append(request.url))
    yield page
    complaints = [text for text in complaints if not any(word in text for word in said)]
    assert (complaints, strangers) == ([], []), (complaints, strangers)
    context.close()


@pytest.fixture
def page(browser, server):
    with open_page(browser, server) as page:
        yield page


def wait_until(page, expression):
    until = time.monotonic() + PATIENCE_MS / 1000
    while not (value := page.evaluate(expression)):  # wait_for_function would be eval, which the page forbids
        assert time.monotonic() < until, expression
        page.wait_for_timeout(50)
    return value


JOB = "(maquette.state().jobs[maquette.state().place.job] ?? {})"


def go(page, server, address="/"):
    page.goto(f"{server.base}{address}?plain=1", wait_until="commit")
    page.get_by_role("button", name="Jobs").wait_for()


def open_graph(page, server, job):
    """A job's graph, once what others did to it has come: before that it shows the job as it ran."""
    go(page, server, f"/m/{job['id']}/graph")
    page.locator(".graph-node[data-step=sized]").wait_for()
    wait_until(page, "maquette.state().room?.you")


def drop(page, place):
    page.locator(".target input[type=file]").first.set_input_files(place)


def make(page, server, photo, destination="Print"):
    """Drop, press the destination, wait for the end; the job."""
    go(page, server)
    drop(page, photo)
    page.get_by_role("button", name=destination, exact=False).first.click()
    page.wait_for_url("**/m/*")
    wait_until(page, f"['success', 'failed'].includes({JOB}.state) && maquette.ready")
    return page.evaluate(JOB)


def order(server, photo, **more):
    """The same job without a page: what only looks at a result need not wait for a viewer."""
    digest = server.upload(photo.read_bytes(), photo.name)
    options = {"report": False, "printer": "prusa-mk4", "generator": "tiny-lump", **more.pop("options", {})}
    body = {"kind": "make", "inputs": {"front": {"digest": digest, "name": photo.name}}, "output": "ball.3mf"}
    body |= {"destination": "print", "options": options, "tag": f"w-{secrets.token_hex(6)}", **more}
    job = server.job(server.client.post("/api/jobs", json=body).json()["id"], 240)
    assert job["state"] == "success", job["error"]
    return job


@pytest.fixture(scope="session")
def job(browser, server, photo):
    """A pyramid for print, made once."""
    with open_page(browser, server) as page:
        job = make(page, server, photo)
    assert job["state"] == "success", job["error"]
    return job


def show(page, server, job):
    go(page, server, f"/m/{job['id']}")
    wait_until(page, "maquette.ready")
