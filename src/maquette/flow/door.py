"""The front door: ``make``, ``check``, ``load`` and ``save``."""
