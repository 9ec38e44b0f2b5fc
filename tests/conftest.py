"""What holds for every test: random examples are the same every time and may take as long as the machine needs.

At the end the run says how many tests were skipped and why. With ``MAQUETTE_JUDGES=required`` (what `.ci/run` sets) a
skip for any reason but those in ``ACCEPTED`` fails the run: a judge that was promised did not come.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["workbench"]  # its fixtures, which several files share

settings.register_profile(
    "steady", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("steady")

ACCEPTED = (  # what may be skipped where every judge is present, and why
    r"shared|damaged meshes|validation meshes",  # pictures and meshes that are too large or not ours to ship
    r"allowed here|no number among the settings|quads cut differently",  # the rule does not apply to this one
    r"TripoSR|MAQUETTE_DOWNLOAD",  # 1.7 GB of weights, which nobody fetches unasked
    r"differs run to run|leads towers off the bed",  # PrusaSlicer 2.5's own bugs
    r"hosted|API key|_KEY|_ID=|account|made on .* machine",  # providers that cost money, on machines that are not here
    r"another program with|describe a worker",  # local workers, which need a big GPU
    r"see (above|below)$|the answer is the file|nothing to wait for",  # what one provider's answers are not like
    r"MAQUETTE_COMFYUI",  # ComfyUI's nodes, which are in no package registry
    r"cannot be fetched from the package registry",  # other people's clients, where there is no network
    r"package registry",  # clients of Tripo, which are fetched as they are published
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Skips, counted by reason."""
    reasons = Counter(reason_of(report) for report in terminalreporter.stats.get("skipped", []))
    if reasons:
        terminalreporter.section(f"{sum(reasons.values())} skipped")
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count:5d}  {reason}")
    if place := os.environ.get("MAQUETTE_SECONDS"):
        write_seconds(itertools.chain.from_iterable(terminalreporter.stats.values()), Path(place))
    unheard = unaccepted_reasons(reasons)
    if unheard:
        terminalreporter.section("judges that were promised and did not come", red=True, bold=True)
        for reason in unheard:
            terminalreporter.line(f"       {reason}", red=True)


@pytest.hookimpl(trylast=True)
def write_seconds(reports: Iterable[object], place: Path) -> None:
    """Seconds of each test file as JSON, for touched.py; files under half a second are left out."""
    seconds: Counter[str] = Counter()
    for report in reports:
        if isinstance(report, pytest.TestReport):
            seconds[Path(report.nodeid.partition("::")[0]).stem] += report.duration
    rows = {name: round(spent, 1) for name, spent in sorted(seconds.items()) if spent >= 0.5}
    place.write_text(json.dumps(rows, indent=0) + "\n", encoding="utf-8")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A run that needs its judges fails without them."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput"):
        return
    if unaccepted_reasons(Counter(reason_of(report) for report in reporter.stats.get("skipped", []))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def unaccepted_reasons(reasons: Counter[str]) -> list[str]:
    """Reasons that may not stand where judges are required."""
    if os.environ.get("MAQUETTE_JUDGES") != "required":
        return []
    return [reason for reason in reasons if not any(re.search(pattern, reason) for pattern in ACCEPTED)]


def reason_of(report: pytest.TestReport) -> str:
    """Why a test was skipped, without its place."""
    words = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return words.removeprefix("Skipped: ").partition("\n")[0][:150]
