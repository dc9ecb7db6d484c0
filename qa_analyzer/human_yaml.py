"""YAML that humans write: read safely, checked by a pydantic model, every fault reported with its line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError

from qa_analyzer.errors import Fault, FaultsError

MAX_BYTES = 5_000_000  # a scorecard is some kilobytes; this stops bombs and wrong files
MAX_DEPTH = 50  # our deepest scorecard has 12 levels
MAX_NODES = 500_000  # of a document with its aliases written out; our largest lexicon has 40,000

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


if TYPE_CHECKING:
    _Loader = yaml.SafeLoader
else:  # libyaml parses ten times faster; a build without it works as well
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeyLoader(_Loader):
    """A safe loader that refuses duplicate keys, which YAML would silently overwrite."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; raise ConstructorError when a key stands twice."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _marked("a key must be a plain word", key_node.start_mark)
            if key_node.value in seen:
                raise _marked(f"the key {key_node.value!r} stands twice", key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(text: str, *, unique_keys: bool = True) -> tuple[yaml.Node | None, object]:
    """Return the root node and the value of a document.

    Raises yaml.YAMLError for what is no YAML, for nesting and repetition that no human writes, and, unless
    the caller looks at keys itself, for a key that stands twice.
    """
    _refuse_bombs(text)
    loader = _UniqueKeyLoader(text) if unique_keys else _Loader(text)
    root: yaml.Node | None = None
    try:
        root = loader.get_single_node()
        return root, loader.construct_document(root) if root is not None else None
    except (ValueError, TypeError, OverflowError) as problem:  # such as the date 2026-13-01
        raise _marked(f"a value cannot be read: {problem}", root.start_mark if root else None) from problem
    finally:
        loader.dispose()


def _refuse_bombs(text: str) -> None:
    """Look at the document without building it: depth kills the parser, aliases multiply what they name."""
    sizes: dict[str, int] = {}
    open_collections: list[tuple[str | None, int]] = []
    nodes = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, nodes_before = open_collections.pop()
            if anchor is not None:
                sizes[anchor] = nodes - nodes_before
        elif isinstance(event, yaml.AliasEvent):
            if any(anchor == event.anchor for anchor, _ in open_collections):
                raise _marked(f"the anchor {event.anchor!r} contains itself", event.start_mark)
            nodes += sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.NodeEvent):
            nodes += 1
            if isinstance(event, yaml.CollectionStartEvent):
                open_collections.append((event.anchor, nodes))
        if len(open_collections) > MAX_DEPTH:
            raise _marked(f"nested deeper than {MAX_DEPTH} levels", event.start_mark)
        if nodes > MAX_NODES:
            raise _marked(f"more than {MAX_NODES} values, aliases counted out", event.start_mark)


def _marked(problem: str, mark: object) -> yaml.MarkedYAMLError:
    # libyaml has a class of its own for marks, alike but unrelated.
    return yaml.MarkedYAMLError(None, None, problem, cast(yaml.Mark | None, mark))


def load_model(path: Path, model: type[Model], *, error: type[FaultsError] = FaultsError) -> Model:
    """Read a YAML file as ``model``; raise ``error`` with every fault and its line."""
    text = read_text(path, error=error)
    try:
        root, value = read_yaml(text)
    except yaml.YAMLError as problem:
        raise error(
            (Fault(path, line_of(problem), "", f"not valid YAML: {reason_of(problem)}"),)
        ) from problem
    try:
        return model.model_validate(value)
    except ValidationError as problem:
        raise error(faults_of(problem, path, root)) from problem


def line_of(problem: yaml.YAMLError) -> int | None:
    """Return the 1-based line that an error of YAML names; None where it names none."""
    mark = getattr(problem, "problem_mark", None)
    return mark.line + 1 if mark is not None else None


def reason_of(problem: yaml.YAMLError) -> str:
    """Return what an error of YAML complains about, without its quotation of the file."""
    return getattr(problem, "problem", None) or str(problem)


def read_text(path: Path, *, error: type[FaultsError] = FaultsError) -> str:
    """Return the UTF-8 text of a small file; raise ``error`` when that is not possible."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise error((Fault(path, None, "", f"larger than {MAX_BYTES} bytes: is this the right file?"),))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise error((Fault(path, None, "", "not UTF-8: save the file as UTF-8"),)) from problem
    except OSError as problem:
        raise error((Fault(path, None, "", f"cannot be read: {problem.strerror}"),)) from problem


def faults_of(problem: ValidationError, path: Path, root: yaml.Node | None) -> tuple[Fault, ...]:
    """Turn pydantic's errors into faults, in the order of the file."""
    faults = [
        Fault(path, line_at(root, tuple(fault["loc"])), _dotted(root, tuple(fault["loc"])), fault["msg"])
        for fault in problem.errors(include_url=False, include_context=False)
    ]
    return tuple(sorted(faults, key=lambda fault: (fault.line or 0, fault.where)))


def line_at(root: yaml.Node | None, location: Location) -> int | None:
    """Return the 1-based line of the deepest node that ``location`` reaches; None for an empty document."""
    if root is None:
        return None
    line, node = root.start_mark.line, root
    for step in location:
        child = _child(node, step)
        if child is None:
            continue  # pydantic also names union members, which the file does not contain
        line, node = child
    return line + 1


def _child(node: yaml.Node, step: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == str(step):
                return key_node.start_mark.line, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def _dotted(root: yaml.Node | None, location: Location) -> str:
    """Join a location, leaving out the union members that the file does not contain."""
    steps: list[str] = []
    node = root
    for position, step in enumerate(location):
        child = _child(node, step) if node is not None else None
        if child is not None:
            node = child[1]
        elif position < len(location) - 1:
            continue
        steps.append(str(step))
    return ".".join(steps)
