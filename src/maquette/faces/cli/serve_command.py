"""``maquette serve`` and ``maquette key``: the server, and who may use it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from maquette.core.errors import BadSetting
from maquette.faces.cli.terminal import Terminal

_HOME = click.option("--home", type=click.Path(path_type=Path), help="the engine's folder; default: the user's own")
_DATABASE = click.option("--database", default="", metavar="ADDRESS", help="postgresql://…; default: SQLite")
_FILES = click.option(
    "--files", default="", metavar="ADDRESS", help="s3://bucket/… or file:///…, shared; default: in the folder"
)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="where to listen; others than this machine: keys")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="0: any free one")
@click.option("--public-url", default="", help="what addresses in answers begin with, behind a proxy say")
@click.option("--name", "names", multiple=True, help="a further host name that requests may use")
@click.option("--keys", is_flag=True, help="demand keys even on this machine")
@click.option("--workers", type=click.IntRange(0, 64), default=1, show_default=True, help="jobs at once")
@click.option("--tls-cert", type=click.Path(path_type=Path), help="certificate, PEM")
@click.option("--tls-key", type=click.Path(path_type=Path), help="its key, PEM")
@click.option("--private-urls", is_flag=True, help="fetch pictures from addresses of this network too")
@click.option(
    "--keep-days", type=click.FloatRange(min=0.01), default=30.0, show_default=True, help="how long files stay"
)
@click.option("--tripo-upstream", is_flag=True, help="send tasks of Tripo's v2 clients on to Tripo, with TRIPO_API_KEY")
@_HOME
@_DATABASE
@_FILES
def serve(home: Path | None, database: str, files: str, **options: Any) -> None:
    """Serve the workbench, the API and the surfaces of Tripo's clients, on this machine unless told otherwise."""

    def body(terminal: Terminal) -> int:
        from maquette.flow.queue.extra import insist_on_server_extra

        insist_on_server_extra("serve")
        from maquette.faces.server.keys import Keys
        from maquette.faces.server.serve import serve as run
        from maquette.faces.server.settings import ServerSettings
        from maquette.faces.tripo.surface import TRIPO
        from maquette.faces.web.surface import WEB
        from maquette.flow.queue.workshop import Workshop

        settings = ServerSettings(**options)
        workshop = Workshop.at(home, database, files)
        if settings.needs_keys and not Keys(workshop.ledger).count():
            raise BadSetting("serve: this needs keys and there is none yet; maquette key NAME makes one")

        def say(base: str) -> None:
            click.echo(f"maquette serves {base}/api (Ctrl-C ends it)", err=True)

        run(workshop, settings, [TRIPO, WEB], say)
        return 0

    Terminal(as_json=False).guard(body)


@click.command("key")
@click.argument("name")
@click.option("--scopes", default="run,read", show_default=True, help="run, read, pay, admin")
@click.option("--days", type=click.FloatRange(min=0), help="how long it is good; default: until revoked")
@click.option("--per-minute", type=click.IntRange(min=1), default=600, show_default=True, help="requests a minute")
@click.option("--at-once", type=click.IntRange(min=1), default=100, show_default=True, help="jobs waiting or running")
@click.option("--revoke", is_flag=True, help="take all keys of this name away")
@_HOME
@_DATABASE
def key(name: str, home: Path | None, database: str, revoke: bool, **options: Any) -> None:
    """Make a key for the server and show it, this once: only its sha256 is kept."""

    def body(terminal: Terminal) -> int:
        from maquette.flow.queue.extra import insist_on_server_extra

        insist_on_server_extra("key")
        from maquette.faces.server.keys import Keys
        from maquette.flow.queue.workshop import Workshop

        keys = Keys(Workshop.at(home, database).ledger)
        if revoke:
            terminal.say(f"{keys.revoke(name)} keys of {name} are gone", {})
        else:
            secret = keys.issue(name, **options)
            terminal.say(secret, {"key": secret})
        return 0

    Terminal(as_json=False).guard(body)
