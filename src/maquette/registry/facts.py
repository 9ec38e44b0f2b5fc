"""Facts: what is known of a stage besides its signature, one documented field each."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

DESTINATIONS = ("print", "model")
NAME = re.compile(r"[a-z][a-z0-9-]{0,59}")
_ENDING = re.compile(r"\.[a-z0-9.]{1,15}")


def _fact(default: Any, means: str) -> Any:
    """A field with its default and its meaning."""
    return dataclasses.field(default=default, metadata={"means": means})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """What ``@stage(…)`` may say: shown to the user, or read by `flow` to know what kind of stage this is.

    Facts never change what a stage does. :func:`meanings` says what each of them means. A field that does not exist
    and a value of the wrong type are a ``TypeError`` where the stage is declared.
    """

    licence: str = _fact("Apache-2.0", "licence of the code and of the weights that run")
    device: str = _fact("cpu", "what it runs on: cpu, cuda, cpu or cuda")
    network: bool = _fact(False, "what it is given leaves this machine")
    price: str = _fact("", "what a call costs, in words; empty: nothing")
    price_of: Callable[[Mapping[str, Any]], float] | None = _fact(
        None, "gives what a call with these settings costs at most, in US dollars; whoever runs it asks before"
    )
    priced_on: str = _fact("", "the day when its price and its documentation were last read")
    good_at: tuple[str, ...] = _fact((), "what a generator is strong at, in words: hard surface, figurine, print")
    result_kept: str = _fact("", "how long a provider keeps a result, in words; empty: nothing is kept elsewhere")
    size: str = _fact("", "how large its weights are, in words; empty: it has none")
    missing: Callable[[], str] | None = _fact(None, "gives the line that gets what is missing here, or an empty one")
    varying: str = _fact("", "why the same input may give other bytes, in words; empty: it never does")
    aliases: tuple[str, ...] = _fact((), "names that it had before; saved recipes hold them")
    destinations: tuple[str, ...] = _fact(DESTINATIONS, "a check's or a writer's: the destinations that it is for")
    gates: bool = _fact(False, "a check's: when it fails, no print file is written")
    any_size: bool = _fact(False, "a check's: its findings are the same at any size and place of the model")
    reads: tuple[str, ...] = _fact((), "a reader's: endings of the model files that it reads")
    opens: tuple[str, ...] = _fact((), "an opener's: endings of the pictures that it opens")
    writes: tuple[str, ...] = _fact((), "a writer's: endings of the files that it writes")
    refers: Callable[[str, bytes], Iterable[str]] | None = _fact(
        None, "a reader's: names of the files that a file (name, bytes) refers to"
    )
    places: bool = _fact(False, "it only moves, turns or scales the whole thing")
    adds: bool = _fact(False, "it adds or takes away material on purpose; such a change is no mending")

    def __post_init__(self) -> None:
        for fact in dataclasses.fields(self):
            wanted = _expectation(fact, getattr(self, fact.name))
            if wanted:
                raise TypeError(f"{fact.name} = {getattr(self, fact.name)!r}: must be {wanted}; {means(fact)}")
        if not self.licence or not self.device:
            raise TypeError("licence and device must be said")
        _insist(self.aliases, NAME, "aliases", "a stage's name: small letters, digits, hyphens")
        for name in ("reads", "opens", "writes"):
            _insist(getattr(self, name), _ENDING, name, "an ending in small letters, dot included")
        if not set(self.destinations) <= set(DESTINATIONS):
            raise TypeError(f"destinations = {self.destinations!r}: there are {', '.join(DESTINATIONS)}")

    def line_to_get(self) -> str:
        """The line that gets what this stage lacks here; empty when it is ready."""
        try:
            return str(self.missing() or "") if self.missing else ""
        except Exception as problem:  # a stranger's function; it must not take the list of all stages down
            return f"cannot say what is missing: {type(problem).__name__}: {problem}"

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON: every fact but the functions."""
        plain = {fact.name: getattr(self, fact.name) for fact in dataclasses.fields(self)}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in plain.items() if not _is_function(name)}


def facts_from(facts: Mapping[str, Any]) -> Facts:
    """The facts that a declaration names; ``TypeError`` for an unknown one lists those there are."""
    known = [fact.name for fact in dataclasses.fields(Facts)]
    for name in facts:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise TypeError(f"no fact {name!r}; {hint}there are {', '.join(known)}")
    return Facts(**facts)


def meanings() -> dict[str, str]:
    """Each fact and what it means."""
    return {fact.name: means(fact) for fact in dataclasses.fields(Facts)}


def means(fact: dataclasses.Field[Any]) -> str:
    """What a field of :class:`Facts` means."""
    return str(fact.metadata["means"])


def _is_function(name: str) -> bool:
    """True for a fact that is a function, which its default None tells."""
    return bool(Facts.__dataclass_fields__[name].default is None)


def _expectation(fact: dataclasses.Field[Any], value: Any) -> str:
    """What a fact must be where ``value`` is not; an empty text where it is right."""
    if fact.default is None:
        return "" if value is None or callable(value) else "a function"
    if isinstance(fact.default, bool):
        return "" if isinstance(value, bool) else "True or False"
    if isinstance(fact.default, str):
        return "" if isinstance(value, str) else "a text"
    right = isinstance(value, tuple) and all(isinstance(item, str) for item in value)
    return "" if right else "a tuple of texts"


def _insist(words: tuple[str, ...], shape: re.Pattern[str], name: str, what: str) -> None:
    """``TypeError`` for a word that has not this shape."""
    for word in words:
        if not shape.fullmatch(word):
            raise TypeError(f"{name} = {words!r}: {word!r} is not {what}")
