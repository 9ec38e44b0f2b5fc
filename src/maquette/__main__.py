"""``python -m maquette``: the command line."""

from maquette.faces.cli.main import main

main()
