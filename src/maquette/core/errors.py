"""The four errors, and nothing else a user should ever see.

    MaquetteError
    ├── BadInput      this photo, mesh or file cannot be used as it is        exit 2   HTTP 422
    ├── BadSetting    a setting is out of range, unknown or of wrong type     exit 3   HTTP 422
    ├── CannotDo      input and settings are fine, the stage has no answer    exit 4   HTTP 409
    └── Unavailable   a library, weights, key or device is missing            exit 5   HTTP 503

Form of a message: ``stage: what is wrong, with the number; what to do``. Anything else that is raised is a bug and
shows its traceback.
"""

from __future__ import annotations


class MaquetteError(Exception):
    """What the four have in common: an exit code for the shell and a status for HTTP."""

    exit_code: int = 1
    http_status: int = 500


class BadInput(MaquetteError):
    """This photo, mesh or file cannot be used as it is."""

    exit_code = 2
    http_status = 422


class BadSetting(MaquetteError):
    """A setting is out of range, unknown or of the wrong type."""

    exit_code = 3
    http_status = 422


class CannotDo(MaquetteError):
    """Input and settings are fine, but this stage has no answer for them."""

    exit_code = 4
    http_status = 409


class Unavailable(MaquetteError):
    """A library, weights, key or device is missing; the message is the line that gets it."""

    exit_code = 5
    http_status = 503
