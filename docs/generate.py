"""Write the pages that come from the code: ``python docs/generate.py``; a test says when one is out of date.

``stages.md`` comes from the registry, grouped by room, with a command a stage that a test runs; ``profiles.md`` from
the printers and targets.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable
from pathlib import Path

from maquette.core.artwork import Artwork
from maquette.core.asset import Asset
from maquette.core.files import Files
from maquette.core.heightmap import Heightmap
from maquette.core.painting import Canvas, PaintPlan
from maquette.core.picture import Picture
from maquette.core.print_settings import PrintSettings
from maquette.core.profiles import Plastic, Printer, Target
from maquette.core.scene import Scene
from maquette.core.subject import Subject, Views
from maquette.flow.options import setting_option
from maquette.registry import Setting, Stage, registry, type_name
from maquette.registry.facts import meanings

DOCS = Path(__file__).parent
_MANY = 12  # choices that still fit a cell

ROOMS = {  # as in design.md, in the order in which a picture walks through them
    "photo": "A picture becomes a subject: opened, cut out, measured.",
    "generate": "A subject becomes a model. The default is `sculpt`.",
    "shape": "A model becomes a model of another form.",
    "texture": "A model becomes a model that looks different.",
    "checks": "A model is looked at and left as it is: what was measured, the limit, and what mends it. Those that say "
    "*gates* keep a print file from being written.",
    "render": "A model becomes a picture.",
    "formats": "Files become models, and models files.",
}
_MADE = {
    Asset: "out.glb",
    Subject: "out.png",
    Picture: "out.png",
    Heightmap: "out.tif",
    PaintPlan: "out.3mf",
    PrintSettings: "out.json",
    Scene: "out.glb",
    Artwork: "out.svg",
}  # the file that an example command writes
_UNCUT = {"autofix", "inspect", "matte", "relief"}  # the subject need not be cut out yet
_ON_TILES = {"emboss-art", "magnet-pockets", "plate-stand"}  # what lies flat
_PAINTED = {"bake", "delight", "pbr-maps"}  # each texel must belong to one face
_PHOTOGRAPHED = {"fill-unseen", "project-photo"}  # a model file does not hold its photo and camera
_ITS_OWN = {"wall-mount": "plate.glb", "rig": "person.glb", "pose": "rigged.glb"}
_IN_PIECES = {"exploded", "name-parts"}  # what has several parts
_ENDINGS = {"passes": ".json", "icon-set": ".ico", "cgi-ads": ".png"}  # of files that no writer makes
_TELLING = {  # settings that an example turns, because they must be given or because they tell what the stage is for
    "arrange": "--layout ring --count 6 --beside coin",
    "beauty": "--light window --size-px 160",
    "ceramic": "--size-px 96",
    "cgi-ad": "--form 4:5 --size-px 120",
    "cgi-ads": "--size-px 64 --rays 4",
    "clay": "--size-px 96",
    "crop": "--share 0.9",
    "cutaway": "--across x --size-px 96",
    "deviation": "--max-mm 0.5",
    "emboss": "--text ADA",
    "face-front": "--front +x",
    "exploded": "--spread 1 --size-px 96",
    "glass": "--color 7fc4e8 --size-px 96",
    "emboss-art": "--side top --width-mm 40",
    "hollow": "--wall-mm 3",
    "lettering": "--text ADA",
    "low-poly": "--triangles 200 --size-px 96",
    "plush": "--fibres 2000 --size-px 96",
    "measure": "--reference-px 10,10,190,10 --reference-mm 60",
    "metal": "--kind copper --size-px 96",
    "miniature": "--trees 4 --size-px 96",
    "paint-wedge": '--filaments "brick=#B04030@3" --steps 3',
    "picture": "--view three-quarter --look clay",
    "plinth": "--form round --text ADA",
    "qr-code": "--text https://example.org",
    "quantize-colors": "--count 2",
    "rotate": "--z-deg 90",
    "scale-to": "--height-mm 80",
    "simplify": "--max-faces 500",
    "size-photo": "--height-mm 60",
    "sketch": "--wobble 1.2",
    "slice": "--slicer prusa",
    "styles": "--only beauty,toon,xray --size-px 96",
    "three-views": "--width-mm 60",
    "voxel-icon": "--cells 16 --size-px 96",
    "wall-thickness": "--min-mm 1.2",
    "write-stl": "--encoding ascii",
}


def folder_of(stage: Stage) -> str:
    """Where it stands: ``shape/mend``, or the package of a plugin."""
    parts = stage.function.__module__.split(".")
    return "/".join(parts[1:-1]) if parts[0] == "maquette" else parts[0]


def example(stage: Stage) -> str:
    """A command that runs it over the files that ``samples.write_files`` of the tests makes.

    Empty for a stage that takes what no file holds.
    """
    if stage.name in (*_PHOTOGRAPHED, "prove-paint") or {Picture, Canvas, PrintSettings, Scene} & {
        *stage.inputs.values(),
        stage.output if stage.output is Canvas else None,
    }:
        return ""
    files = [_file_for(stage, kind) for kind in stage.inputs.values()]
    files[1:] = ["part.stl" if name == files[0] and name.endswith(".glb") else name for name in files[1:]]
    words = ["maquette", stage.name, *files]
    words += [_TELLING[stage.name]] if stage.name in _TELLING else []
    if stage.output is Files and stage.inputs:
        words += ["-o", f"out{_writes(stage)}"]
    elif stage.output in _MADE:
        words += ["-o", _MADE[stage.output]]
    return " ".join(words)


def _file_for(stage: Stage, kind: typing.Any) -> str:
    """The name of a file that holds such a value."""
    kinds = typing.get_args(kind) or (kind,)
    if stage.name == "read-wedge":
        return "wedge.png"
    if stage.name == "three-views":
        return "sheet.png"
    if stage.name == "open-hfp" or PaintPlan in kinds:
        return "painted.hfp"
    if Subject in kinds:
        return "chair.jpg" if stage.name in _UNCUT else "cutout.png"
    if Heightmap in kinds:
        return "heights.png"
    if Artwork in kinds:
        return "logo.png"
    if Views in kinds:
        return "front=front.png,right=right.png"
    if Files in kinds:
        return f"part{stage.facts.reads[0]}"
    if bytes in kinds:
        return (
            "mask.png" if stage.inputs.get("subject") else "heights.png" if stage.output is Heightmap else "chair.jpg"
        )
    if stage.name in _PAINTED and kind is Asset:
        return "painted.glb"
    if stage.name in _IN_PIECES:
        return "pieces.glb"
    if stage.name in _ON_TILES:
        return "tile.glb"
    return _ITS_OWN.get(stage.name, "part.glb")


def _writes(stage: Stage) -> str:
    """The ending that it writes."""
    if stage.name in _ENDINGS:
        return _ENDINGS[stage.name]
    suffix = stage.settings.get("suffix")
    own = (suffix.default,) if suffix and str(suffix.default).startswith(".") else ()
    return next(iter(stage.facts.writes or own or (".gcode",)))


def row(setting: Setting) -> str:
    """One setting as a table row."""
    default = "required" if setting.required else f"`{getattr(setting.default, 'name', setting.default)}`"
    return f"| `{setting.name}` | {_values(setting)} | {default} | {setting.description} |"


def _values(setting: Setting) -> str:
    """What a setting may be; profiles are listed once, on their own page."""
    kinds = typing.get_args(setting.kind) or (setting.kind,)
    for profile, place in ((Printer, "printers"), (Target, "targets"), (Plastic, "plastics")):
        if profile in kinds:
            return f"[a {profile.__name__.lower()}](profiles.md#{place})"
    option = setting_option(setting)
    if option.choices:
        return ", ".join(option.choices[:_MANY]) + (", …" if len(option.choices) > _MANY else "")
    return (option.range or getattr(setting.kind, "__name__", str(setting.kind))).replace("|", "or")


def section(stage: Stage) -> str:
    """One stage."""
    takes = ", ".join(type_name(kind) for kind in stage.inputs.values()) or "nothing"
    gates = " · gates" if stage.facts.gates else ""
    lines = [f"#### {stage.name}", "", f"`{takes} -> {type_name(stage.output)}`{gates}", "", stage.documentation, ""]
    if example(stage):
        lines += ["```sh", example(stage), "```", ""]
    if stage.settings:
        lines += ["| setting | values | default | meaning |", "|---|---|---|---|"]
        lines += [row(setting) for setting in stage.settings.values()] + [""]
    return "\n".join(lines)


def stages_page() -> str:
    """All stages of the house, by room."""
    stages = [found.stage for found in registry().values() if found.function.__module__.startswith("maquette.")]
    known = [*ROOMS, *sorted({stage.room for stage in stages} - set(ROOMS))]
    stages.sort(key=lambda stage: (known.index(stage.room), folder_of(stage), stage.name))
    parts = [
        "# Stages",
        "",
        "<!-- Made by `python docs/generate.py` from the registry; do not edit. -->",
        "",
        f"{len(stages)} stages, each a function, a command and a step that a recipe can name. What stands before an "
        "arrow is a file; every setting is an option (`min_share` is `--min-share`). `maquette STAGE --help` says the "
        "same. Printers and targets are listed in [their own tables](profiles.md).",
        "",
    ]
    room = folder = ""
    for stage in stages:
        if stage.room != room:
            room = stage.room
            parts += [f"## {room}", "", ROOMS.get(room, ""), ""]
        if folder_of(stage) != folder:
            folder = folder_of(stage)
            parts += [f"### {folder}", ""] if folder != room else []
        parts.append(section(stage))
    parts += ["## Facts", "", "What `@stage(…)` may say of a stage besides its signature.", ""]
    parts += _table(["fact", "means"], ([f"`{name}`", text] for name, text in meanings().items()))
    return "\n".join(parts).rstrip() + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> list[str]:
    """A Markdown table."""
    names = list(head)
    return (
        [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
        + [f"| {' | '.join(map(str, r))} |" for r in rows]
        + [""]
    )


def _own_sources(printers: Iterable[Printer], limit: str) -> str:
    """Who set a limit, for each technology that names somebody in particular."""
    return "; ".join(f"{p.technology}: {p.sources[limit]}" for p in printers if limit in p.sources)


def profiles_page() -> str:
    """Printers and targets with their limits and who says so."""
    printers = [Printer.named(name) for name in Printer.names()]
    targets = [Target.named(name) for name in Target.names()]
    text = (DOCS / "profiles.in.md").read_text(encoding="utf-8")
    limits = [field for field in Printer.__dataclass_fields__ if field.endswith(("_mm", "_deg")) and field != "bed_mm"]
    first = {kind: next(p for p in printers if p.technology == kind) for kind in ("FDM", "SLA", "SLS")}
    machines = _table(
        ["name", "machine", "technology", "bed in mm", "nozzle or pixel in mm"],
        ([f"`{p.name}`", p.label, p.technology, " × ".join(f"{s:g}" for s in p.bed_mm), f"{p.nozzle_mm:g}"]
         for p in printers),
    )  # fmt: skip
    by_kind = _table(
        ["limit", *first, "who says so, where it is not the guides below"],
        ([f"`{limit}`", *(f"{getattr(p, limit):g}" for p in first.values()), _own_sources(first.values(), limit)]
         for limit in limits),
    )  # fmt: skip
    by_kind = [*by_kind, *(f"- {kind}: {p.sources.get('default', '')}" for kind, p in first.items())]
    budgets = _table(
        ["name", "engine or viewer", "faces", "texture in pixels", "materials", "file in MB", "metres a unit", "up"],
        ([f"`{t.name}`", t.label, f"{t.max_faces:,}", t.max_texture_px, t.max_materials, f"{t.max_file_mb:g}",
          f"{t.unit_m:g}", t.up] for t in targets),
    )  # fmt: skip
    plastics = [Plastic.named(name) for name in Plastic.names()]
    made_of = _table(
        ["name", "plastic", "technology", "overhang", "bridges", "clearance", "walls", "nozzle and bed", "who says so"],
        ([f"`{p.name}`", p.label, p.technology, f"{p.overhang_deg:+g} deg", f"× {p.bridge_factor:g}",
          f"{p.clearance_mm:+g} mm", f"× {p.wall_factor:g}", f"{p.nozzle_c} and {p.bed_c} °C", p.source("")]
         for p in plastics),
    )  # fmt: skip
    tables = {"{machines}": machines, "{limits}": by_kind, "{plastics}": made_of, "{targets}": budgets}
    for mark, table in tables.items():
        text = text.replace(mark, "\n".join(table).rstrip())
    return text


PAGES = {DOCS / "stages.md": stages_page, DOCS / "profiles.md": profiles_page}


if __name__ == "__main__":
    for place, page in PAGES.items():
        place.write_text(page(), encoding="utf-8")
