"""``python -m maquette``: the command line."""

from maquette.faces.cli.start import main

main()
