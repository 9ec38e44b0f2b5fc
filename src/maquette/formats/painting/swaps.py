"""The swaps of a plan as each slicer wants them told, and as people read them.

A swap stands at the top of the first layer of the new filament. PrusaSlicer reads ``custom_gcode_per_print_z`` and puts
M600 there (``3mf.cpp``, ``CustomGCode.hpp``: type 0 is a change of colour). Bambu Studio and OrcaSlicer read
``custom_gcode_per_layer`` (``bbs_3mf.cpp``: type 2 is another filament of the AMS); Bambu Studio does so only in a file
whose application is called BambuStudio and that has settings of a project. Cura has no such file: its script
"Filament Change" is told layer numbers, or "Pause at height" millimetres.
"""

from __future__ import annotations

import json

from maquette.core.painting import PaintPlan

PRUSA_PATH = "Metadata/Prusa_Slicer_custom_gcode_per_print_z.xml"
BAMBU_PATH = "Metadata/custom_gcode_per_layer.xml"
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'


def swap_heights(plan: PaintPlan) -> list[tuple[float, int, int]]:
    """Each swap: the top in mm of the first layer of the new filament, that layer from 1, and the filament."""
    return [(float(plan.levels_mm[layer + 1]), layer + 1, filament) for layer, filament in plan.swaps]


def prusa_part(plan: PaintPlan) -> str:
    """PrusaSlicer's list of colour changes."""
    rows = "".join(
        f'<code print_z="{top:.4f}" type="0" extruder="1" color="{plan.filaments[number].color}" extra="" '
        'gcode="M600"/>\n'
        for top, _, number in swap_heights(plan)
    )
    return f'{_XML}<custom_gcodes_per_print_z>\n{rows}<mode value="SingleExtruder"/>\n</custom_gcodes_per_print_z>\n'


def bambu_part(plan: PaintPlan) -> str:
    """Bambu Studio's and OrcaSlicer's list of changes to another filament, numbered as the project lists them."""
    slots = slots_of(plan)
    rows = "".join(
        f'<layer top_z="{top:.4f}" type="2" extruder="{slots[number]}" color="{plan.filaments[number].color}" extra="" '
        'gcode="tool_change"/>\n'
        for top, _, number in swap_heights(plan)
    )
    return (
        f'{_XML}<custom_gcodes_per_layer>\n<plate>\n<plate_info id="1"/>\n{rows}<mode value="MultiAsSingle"/>\n'
        "</plate>\n</custom_gcodes_per_layer>\n"
    )


def slots_of(plan: PaintPlan) -> dict[int, int]:
    """The slot of each filament, from 1 in the order in which they are laid: the first is loaded at the start."""
    return {number: slot for slot, number in enumerate(dict.fromkeys(plan.sequence.tolist()), start=1)}


def bambu_project(plan: PaintPlan, nozzle_mm: float = 0.4) -> str:
    """As few settings of a project as Bambu Studio opens; layers must be as the plan has them, or swaps are off."""
    order = list(slots_of(plan))
    settings = {
        "version": "02.00.00.00",
        "from": "project",
        "name": "project_settings",
        "nozzle_diameter": [f"{nozzle_mm:g}"],
        "filament_colour": [plan.filaments[number].color for number in order],
        "layer_height": f"{plan.layer_mm:g}",
        "initial_layer_print_height": f"{plan.first_mm:g}",
    }
    return json.dumps(settings, indent=1, sort_keys=True)


def swaps_as_text(plan: PaintPlan, lines: list[str]) -> str:
    """The plan for people, with what else there is to say of it in ``lines``."""
    names = [
        f"{filament.name} ({filament.color}, TD {filament.td_mm:g} mm, {filament.source})"
        for filament in plan.filaments
    ]
    head = [plan.title or "Painted print", ""]
    head += [f"First layer {plan.first_mm:g} mm, every other {plan.layer_mm:g} mm, 100 % infill, no supports."]
    if not plan.one_nozzle:
        head += ["Each cell changes filaments: print it with a tool changer or an exchanger (AMS, MMU).", ""]
        head += [f"Filament {number}: {name}" for number, name in enumerate(names, start=1)]
        return "\n".join([*head, "", *lines]) + "\n"
    head += ["", f"Start with: {names[int(plan.sequence[0])]}"]
    for top, layer, number in swap_heights(plan):
        head.append(f"Swap before layer {layer} (its top is at {top:.2f} mm) to: {names[number]}")
    head += ["", "PrusaSlicer: open the .3mf; the colour changes stand on the ruler at the right.",
             "OrcaSlicer and Bambu Studio: open the .bambu.3mf; slots in the order above. Take your own process and",
             "filaments, but keep the layer heights.",
             "Cura: Extensions > Post Processing > Modify G-Code > Filament Change, layer numbers:"]  # fmt: skip
    head.append("  " + (", ".join(str(layer) for _, layer, _ in swap_heights(plan)) or "none"))
    pauses = ", ".join(f"{plan.levels_mm[layer - 1]:.2f}" for _, layer, _ in swap_heights(plan)) or "none"
    head += [f"or Pause at height, millimetres: {pauses}"]
    return "\n".join([*head, "", *lines]) + "\n"
