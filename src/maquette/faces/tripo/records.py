"""One task record, two views: what v2 and v3 show of a job."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from maquette.faces.server.service import Service
from maquette.flow.queue.entry import Entry

_LEFT_S = 4  # clients of 0.x ask again after half of what is left, so it is kept small


def view_v2(entry: Entry, service: Service) -> dict[str, Any]:
    """A task as v2 shows it: seven keys always, ``output`` never null."""
    done = entry.state == "success"
    view: dict[str, Any] = {
        "task_id": task_id(entry.id),
        "type": entry.extra.get("type", "image_to_model"),
        "status": entry.state,
        "input": entry.extra.get("input", {}),
        "output": _files_v2(entry, service) if done else {},
        "progress": _percent(entry),
        "create_time": int(entry.created),
        "running_left_time": -1 if entry.is_final else _seconds_left(entry),
        "queuing_num": 1 if entry.state == "queued" else -1,
        "consumed_credit": 0,
        "estimated_credit": entry.extra.get("credits", 0),
    }
    if entry.state == "failed" and entry.error:
        view |= {"error_code": _code(entry.error), "error_msg": entry.error["message"]}
    return view | _rig_check(entry)


def view_v3(entry: Entry, service: Service) -> dict[str, Any]:
    """The same as v3 shows it."""
    view: dict[str, Any] = {
        "task_id": task_id(entry.id),
        "type": entry.extra.get("type", "image_to_model"),
        "status": entry.state,
        "input": entry.extra.get("input", {}),
        "output": _files_v3(entry, service) if entry.state == "success" else {},
        "progress": _percent(entry),
        "created_at": _iso(entry.created),
        "credits_consumed": 0,
        "credits_estimated": entry.extra.get("credits", 0),
    }
    if entry.ended is not None:
        view["completed_at"] = _iso(entry.ended)
    if entry.state == "failed" and entry.error:
        view |= {"error_code": _code(entry.error), "error_message": entry.error["message"]}
    return view | _rig_check(entry)


def _rig_check(entry: Entry) -> dict[str, Any]:
    """Of the question whether a model can be rigged: the answer. That it cannot is an answer too, and no failure."""
    if entry.extra.get("type") != "animate_prerigcheck" or entry.state not in ("success", "failed"):
        return {}
    if entry.state == "success":
        said = " ".join(note for node in entry.facts.get("nodes", ()) for note in node.get("notes", ()))
        kind = "quadruped" if "quadruped:" in said else "biped"
        return {"output": {"riggable": True, "rig_type": kind, "topology": kind}}
    if (entry.error or {}).get("class") != "CannotDo":
        return {}
    plain = {"error_code": 0, "error_msg": "", "error_message": ""}
    return {"status": "success", "progress": 100, "output": {"riggable": False, "rig_type": "others"}, **plain}


def task_id(identity: str) -> str:
    """A job's id spelled as a UUID, which clients expect."""
    return "-".join((identity[:8], identity[8:12], identity[12:16], identity[16:20], identity[20:]))


def job_id(task: str) -> str:
    """The job behind a task's id."""
    return task.replace("-", "").lower()


def _urls(entry: Entry, service: Service) -> dict[str, str]:
    return {each["role"]: service.shared_url(each["digest"], each["name"]) for each in entry.outputs}


def _files_v2(entry: Entry, service: Service) -> dict[str, Any]:
    """Addresses of the files, each ending as its file does."""
    urls = _urls(entry, service)
    output = {"model": urls["main"]} if "main" in urls else {}
    if "main" in urls and entry.extra.get("textured"):
        output["pbr_model"] = urls["main"]
    if "picture" in urls:
        output["rendered_image"] = urls["picture"]
    return output


def _files_v3(entry: Entry, service: Service) -> dict[str, Any]:
    urls = _urls(entry, service)
    named = {"main": "model_url", "picture": "rendered_image_url"}
    return {key: urls[role] for role, key in named.items() if role in urls}


def _percent(entry: Entry) -> int:
    """Whole percent; a hundred only for what has succeeded."""
    if entry.state == "success":
        return 100
    return min(99, int(entry.progress * 100)) if entry.state == "running" else 0


def _seconds_left(entry: Entry) -> int:
    """A guess at the seconds left, small on purpose."""
    if entry.started is None or entry.progress < 0.05:
        return _LEFT_S
    spent = time.time() - entry.started
    return max(1, min(_LEFT_S, round(spent / entry.progress * (1 - entry.progress))))


def _code(error: Mapping[str, Any]) -> int:
    """Tripo's code of an error at run time."""
    return 1001 if error.get("class") == "Bug" else 2004 if "not a picture" in error.get("message", "") else 1004


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
