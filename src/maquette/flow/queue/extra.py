"""The libraries of the extra ``server``, asked for in one place."""

from __future__ import annotations

from importlib.util import find_spec

from maquette.core.errors import Unavailable

LIBRARIES = ("dbos", "sqlalchemy", "starlette", "uvicorn", "python_multipart", "websockets")


def insist_on_server_extra(where: str) -> None:
    """``Unavailable`` with the line that gets them, where one is missing."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise Unavailable(f"{where}: needs {', '.join(missing)}; pip install 'maquette[server]'")
