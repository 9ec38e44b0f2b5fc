"""How the embedded generator is trained. Not part of the installed package; `python -m training.train --help`."""
