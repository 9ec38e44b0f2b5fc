"""What a stage is, and where stages are found.

``@stage`` reads a function's signature once. From that one reading come the Python call with its validation, the
command, the REST route and the graph node. The registry is a value: built by scanning the rooms of the house and the
entry points of the group ``maquette``, never by import side effect.
"""

from maquette.registry.declare import StageFunction, stage
from maquette.registry.facts import Facts, meanings
from maquette.registry.record import Call, Stage, type_name
from maquette.registry.roles import ROLES, Role
from maquette.registry.scan import ROOMS, Registry, build, registry
from maquette.registry.settings import ByContent, LocalFile, Setting

__all__ = [
    "ROLES",
    "ROOMS",
    "ByContent",
    "Call",
    "Facts",
    "LocalFile",
    "Registry",
    "Role",
    "Setting",
    "Stage",
    "StageFunction",
    "build",
    "meanings",
    "registry",
    "stage",
    "type_name",
]
