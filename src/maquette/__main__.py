"""``python -m maquette``: the command line."""

from maquette.faces.cli import main

main()
