"""The shape of a taxonomy while it is edited: nodes as people write them, checked, without a database.

A tree comes in three spellings: nested objects (the editor and the API), lines of `Animal/Cat` (pasted from Azure), and
label rows. All become `Node`s; every complaint names the node it is about.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from projects.errors import DomainError

DEPTH_LIMIT = 6
NAME_LIMIT = 100
DESCRIPTION_LIMIT = 500
NODE_LIMIT = 5000
HOTKEYS = "123456789"
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_KEYS = {"code", "name", "description", "colour", "hotkey", "children"}

Place: TypeAlias = tuple[int, ...]
"""Where a node stands: its index among its siblings, from the root down."""


class InvalidTaxonomy(DomainError):
    """The label tree cannot be as it was sent; `fields` are keyed `labels.0.children.2.name`."""

    code = "invalid_taxonomy"


@dataclass
class Node:
    """One label to be. `code` is that of the row it was; `hotkey` None means the next free digit."""

    name: str
    description: str = ""
    colour: str = ""
    hotkey: str | None = None
    code: UUID | None = None
    children: list["Node"] = field(default_factory=list)


def walk(nodes: Sequence[Node], above: Place = (), path: str = "") -> Iterator[tuple[Place, str, Node]]:
    """Every node, depth first, with its place and its path of names joined by `/`."""
    for index, node in enumerate(nodes):
        place, name = (*above, index), f"{path}/{node.name}" if path else node.name
        yield place, name, node
        yield from walk(node.children, place, name)


def from_lines(text: str) -> list[Node]:
    """The tree of pasted paths, one per line, `Animal/Cat`; a missing parent is made, a repeated line is one label."""
    roots: list[Node] = []
    for number, line in enumerate(text.splitlines(), start=1):
        names = [name.strip() for name in line.strip().strip("/").split("/")]
        if names == [""]:
            continue
        if "" in names:
            raise InvalidTaxonomy(f"Line {number} (“{line.strip()}”) has an empty name between two slashes.")
        siblings = roots
        for name in names:
            known = next((node for node in siblings if node.name == name), None)
            if known is None:
                known = Node(name)
                siblings.append(known)
            siblings = known.children
    check(roots)
    return roots


def to_lines(nodes: Sequence[Node]) -> str:
    """The paths of a tree, one per line: what `from_lines` reads."""
    return "\n".join(path for _, path, _ in walk(nodes))


def from_nested(items: Any) -> list[Node]:
    """The tree of nested objects `{"name", "description"?, "colour"?, "hotkey"?, "code"?, "children"?}`, checked."""
    nodes = _read(items, "labels", 1)
    check(nodes)
    return nodes


def _read(items: Any, where: str, depth: int) -> list[Node]:
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise _wrong(where, "Labels must be a list.")
    if items and depth > DEPTH_LIMIT:
        raise _wrong(where, f"A label can be at most {DEPTH_LIMIT} levels deep.")
    return [_read_node(item, f"{where}.{index}", depth) for index, item in enumerate(items)]


def _read_node(item: Any, where: str, depth: int) -> Node:
    if not isinstance(item, Mapping):
        raise _wrong(where, "A label must be an object with a name.")
    unknown = sorted(set(item) - _KEYS)
    if unknown:
        raise _wrong(where, f"A label has no property “{unknown[0]}”.")
    words = {key: item.get(key) or "" for key in ("name", "description", "colour")}
    for key, value in words.items():
        if not isinstance(value, str):
            raise _wrong(f"{where}.{key}", f"The {key} of a label must be text.")
    hotkey = item.get("hotkey")
    if hotkey is not None and not isinstance(hotkey, str):
        raise _wrong(f"{where}.hotkey", "A hotkey is one of 1 to 9 as text.")
    return Node(
        name=words["name"].strip(),
        description=words["description"].strip(),
        colour=words["colour"].strip().lower(),
        hotkey=hotkey,
        code=_read_code(item.get("code"), where),
        children=_read(item.get("children") or [], f"{where}.children", depth + 1),
    )


def _read_code(code: Any, where: str) -> UUID | None:
    if code in (None, ""):
        return None
    try:
        return UUID(str(code))
    except ValueError as error:
        raise _wrong(f"{where}.code", "The code of a label is a UUID.") from error


def to_nested(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """The tree as nested objects: what `from_nested` reads."""
    return [
        {
            "code": str(node.code) if node.code else "",
            "name": node.name,
            "description": node.description,
            "colour": node.colour,
            "hotkey": node.hotkey,
            "children": to_nested(node.children),
        }
        for node in nodes
    ]


def _wrong(where: str, message: str) -> InvalidTaxonomy:
    return InvalidTaxonomy(message, fields={where: [message]})


def _dotted(place: Place, key: str) -> str:
    return "labels." + ".children.".join(map(str, place)) + f".{key}"


def check(nodes: Sequence[Node]) -> None:
    """Raises InvalidTaxonomy with all that is wrong: names, depth, colours, hotkeys, size."""
    found = list(walk(nodes))
    if len(found) > NODE_LIMIT:
        raise InvalidTaxonomy(f"A project can have at most {NODE_LIMIT:,} labels; these are {len(found):,}.")
    problems: dict[str, list[str]] = {}
    for place, path, node in found:
        for key, message in _problems_of(place, path, node):
            problems.setdefault(_dotted(place, key), []).append(message)
    for place, key, message in [*_repeated_names(found), *_repeated_hotkeys(found), *_repeated_codes(found)]:
        problems.setdefault(_dotted(place, key), []).append(message)
    if problems:
        first = next(iter(problems.values()))[0]
        more = len(problems) - 1
        raise InvalidTaxonomy(first if not more else f"{first} And {more} more.", fields=problems)


def _problems_of(place: Place, path: str, node: Node) -> Iterator[tuple[str, str]]:
    for message in _name_problems(place, path, node.name):
        yield "name", message
    if len(node.description) > DESCRIPTION_LIMIT:
        yield "description", f"“{path}”: a description has at most {DESCRIPTION_LIMIT} characters."
    if node.colour and not _COLOUR.fullmatch(node.colour):
        yield "colour", f"“{path}”: a colour is written like #2f7d8c."
    if node.hotkey and (len(node.hotkey) != 1 or node.hotkey not in HOTKEYS):
        yield "hotkey", f"“{path}”: a hotkey is one of the digits 1 to 9."


def _name_problems(place: Place, path: str, name: str) -> Iterator[str]:
    above = path.rpartition("/")[0]
    if not name:
        yield f"A label under “{above}” has no name." if above else "A label has no name."
    if "/" in name:
        yield f"“{name}”: a name cannot contain “/”, which separates the levels."
    if len(name) > NAME_LIMIT:
        yield f"“{name[:30]}…”: a name has at most {NAME_LIMIT} characters."
    if _CONTROL.search(name):
        yield f"“{path}”: a name cannot contain tabs or other control characters."
    if len(place) > DEPTH_LIMIT:
        yield f"“{path}”: a label can be at most {DEPTH_LIMIT} levels deep."


def _repeated_names(found: Sequence[tuple[Place, str, Node]]) -> Iterator[tuple[Place, str, str]]:
    seen: set[str] = set()
    for place, path, node in found:
        if path in seen and node.name:
            yield place, "name", f"“{path}” is there twice. Names must differ on one level."
        seen.add(path)


def _repeated_hotkeys(found: Sequence[tuple[Place, str, Node]]) -> Iterator[tuple[Place, str, str]]:
    owners: dict[str, str] = {}
    for place, path, node in found:
        if node.hotkey and node.hotkey in owners:
            yield place, "hotkey", f"“{path}”: the hotkey {node.hotkey} belongs to “{owners[node.hotkey]}” already."
        elif node.hotkey:
            owners[node.hotkey] = path


def _repeated_codes(found: Sequence[tuple[Place, str, Node]]) -> Iterator[tuple[Place, str, str]]:
    counted = Counter(node.code for _, _, node in found if node.code)
    for place, path, node in found:
        if node.code and counted[node.code] > 1:
            yield place, "code", f"“{path}”: the same label stands in two places."
