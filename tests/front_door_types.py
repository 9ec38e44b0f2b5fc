"""What a type checker must know of ``maquette``: read by mypy, never run.

A line that is wrong on purpose says so; when the stub stops knowing better, mypy reports the unused remark.
"""

from typing import assert_type

import maquette as mq


def right(asset: mq.Asset, subject: mq.Subject) -> None:
    assert_type(mq.weld(asset, grid_mm=0.1), mq.Asset)
    assert_type(mq.watertight(asset), tuple[mq.Finding, ...])
    assert_type(mq.write_3mf(asset, stem="chair"), mq.Files)
    assert_type(mq.crop(subject), mq.Subject)
    assert_type(mq.make("chair.jpg", height_mm=80), mq.Asset)
    assert_type(mq.check(asset, "print"), mq.Report)
    mq.wall_thickness(asset, printer="bambu-a1")
    mq.wall_thickness(asset, printer=mq.Printer.named("bambu-a1"))
    print(mq.weld.stage.facts.licence, mq.weld.stage.settings)


def wrong(asset: mq.Asset, subject: mq.Subject) -> None:
    mq.weld(subject)  # type: ignore[arg-type]
    mq.weld(asset, grid_mm="coarse")  # type: ignore[arg-type]
    mq.weld(asset, grid=0.1)  # type: ignore[call-arg]
    mq.weld(asset, 0.1)  # type: ignore[call-arg]
    mq.scale_to(asset, height_mm=80, certain="yes")  # type: ignore[arg-type]
    mq.no_such_stage(asset)  # type: ignore[attr-defined]
    assert mq.weld.stage.facts.gate  # type: ignore[attr-defined]
