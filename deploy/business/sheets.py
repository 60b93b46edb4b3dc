"""Reads the files of an import folder: rows of a CSV and entries of a YAML file, each with the line it stands on."""

import csv
import io
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec
import yaml

DEEPEST = 20
CSV_ADVICE = 'save it as "CSV UTF-8 (comma delimited)"'


class Problem(msgspec.Struct, frozen=True, order=True):
    """What is wrong where. `line` 0: the file as a whole."""

    file: str
    line: int
    sentence: str


def hint(given: str, known: Collection[str]) -> str:
    """What the writer may have meant: a near name, or all there are."""
    near = get_close_matches(given, known, 1)
    shown = ", ".join(sorted(known)[:12]) or "none"
    return f"did you mean {near[0]!r}?" if near else f"known: {shown}"


YamlPath = tuple[str | int, ...]


class Entry(msgspec.Struct, frozen=True):
    """One row or entry as written: everything in it is text. `lines`: where inner values stand, by their path."""

    file: str
    line: int
    values: Any
    lines: dict[YamlPath, int] = {}

    def at(self, path: YamlPath) -> int:
        """The line of the innermost value on the path that has one."""
        return next((self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines), self.line)


class Unreadable(Exception):
    """A file that cannot be read at all, with its problem."""

    def __init__(self, file: str, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = Problem(file, line, sentence)


def read_text(path: Path) -> str:
    """UTF-8, with or without BOM. Raises Unreadable."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Unreadable(path.name, 0, f"the file is missing; put a {path.name} into the folder") from None
    except OSError as error:
        raise Unreadable(path.name, 0, f"the file cannot be read ({error.strerror})") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(path.name, 0, f"the file is UTF-16; {CSV_ADVICE if path.suffix == '.csv' else 'save it as UTF-8'}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            path.name, line, f"a byte here is not UTF-8; {CSV_ADVICE if path.suffix == '.csv' else 'save it as UTF-8'}"
        ) from None
    if not text.strip():
        raise Unreadable(path.name, 0, "the file is empty")
    return text


# ---------------------------------------------------------------------------------------------- CSV
def read_rows(path: Path, required: tuple[str, ...], columns: tuple[str, ...]) -> Iterator[Entry | Problem]:
    """The rows of a CSV with a header line. Lines that are blank or start with `#` are passed over. Raises Unreadable."""
    rows = _numbered(path, read_text(path))
    line, header = next(rows, (0, []))
    names = [name.strip().lower() for name in header]
    _check_header(path.name, line, names, required, columns)
    for line, cells in rows:
        if len(cells) > len(names):
            yield Problem(path.name, line, f"{len(cells)} cells where the header has {len(names)}; put a cell with a comma in it in quotes")
        else:
            yield Entry(path.name, line, dict(zip(names, (cell.strip() for cell in cells), strict=False)))


def _numbered(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    # comments become blank lines rather than vanish, so that line numbers stay those of the file
    lines = ("\n" if line.startswith("#") else line for line in io.StringIO(text, newline=""))
    reader = csv.reader(lines, strict=True)
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise Unreadable(path.name, before + 1, f"this is not CSV ({error}); look for a quote that is not closed") from None


def _check_header(file: str, line: int, names: list[str], required: tuple[str, ...], columns: tuple[str, ...]) -> None:
    wanted = f"the first line names the columns: {','.join(columns)}"
    if not names:
        raise Unreadable(file, 0, f"the file has no rows; {wanted}")
    for separator, called in ((";", "semicolons"), ("\t", "tabs")):
        if len(names) == 1 and separator in names[0]:
            raise Unreadable(file, line, f"the cells are separated by {called}, as some Excel versions do; {CSV_ADVICE}")
    if unknown := [name for name in names if name not in columns]:
        raise Unreadable(file, line, f"unknown column {', '.join(map(repr, unknown))}; {wanted}")
    if missing := [name for name in required if name not in names]:
        raise Unreadable(file, line, f"column {', '.join(map(repr, missing))} is missing; {wanted}")
    if len(set(names)) < len(names):
        raise Unreadable(file, line, f"a column is named twice; {wanted}")


# ---------------------------------------------------------------------------------------------- YAML
def read_document(path: Path) -> Entry:
    """A YAML file as one entry. Scalars stay text: `NO` is Norway and `007` a SKU, whatever YAML thinks. Raises Unreadable."""
    text = read_text(path)
    try:
        _check_events(path.name, text)
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        raise Unreadable(
            path.name, _line(error.problem_mark), f"this is not YAML ({error.problem}); look at the indentation and quotes"
        ) from None
    except yaml.YAMLError:
        raise Unreadable(path.name, 0, "this is not YAML; look for control characters") from None
    if root is None:
        raise Unreadable(path.name, 0, "the file has no entries")
    lines: dict[YamlPath, int] = {}
    return Entry(path.name, _line(root.start_mark), _value(path.name, root, (), lines), lines)


def _check_events(file: str, text: str) -> None:
    """Raises Unreadable: an alias may stand for itself, or for more than memory holds, and nesting may have no end."""
    depth = 0
    for event in yaml.parse(text):
        match event:
            case yaml.AliasEvent():
                raise Unreadable(file, _line(event.start_mark), "YAML aliases (*name) are not taken; write the value out")
            case yaml.CollectionStartEvent():
                depth += 1
            case yaml.CollectionEndEvent():
                depth -= 1
        if depth > DEEPEST:
            raise Unreadable(file, _line(event.start_mark), "this is nested far deeper than anything here; look at the brackets and dashes")


def read_list(path: Path) -> list[Entry]:
    """A YAML file that is a list of mappings, plain or under one key named like the file. Raises Unreadable."""
    document = read_document(path)
    values = document.values
    prefix: YamlPath = ()
    if isinstance(values, dict) and list(values) == [path.stem]:
        values, prefix = values[path.stem], (path.stem,)
    if not isinstance(values, list) or not values:
        raise Unreadable(path.name, document.line, "the file must be a list: each entry starts with '- '")
    return [_entry(document, (*prefix, index), value) for index, value in enumerate(values)]


def _entry(document: Entry, path: YamlPath, value: Any) -> Entry:
    inner = {place[len(path) :]: line for place, line in document.lines.items() if place[: len(path)] == path}
    return Entry(document.file, document.at(path), value, inner)


def _value(file: str, node: yaml.Node, path: YamlPath, lines: dict[YamlPath, int]) -> Any:
    lines.setdefault(path, _line(node.start_mark))
    match node:
        case yaml.MappingNode():
            found: dict[str, Any] = {}
            for key_node, value_node in node.value:
                if not isinstance(key_node, yaml.ScalarNode):
                    raise Unreadable(file, _line(key_node.start_mark), "a name here is a list or a mapping; it must be plain text")
                key = str(key_node.value)
                if key in found:
                    raise Unreadable(file, _line(key_node.start_mark), f"{key!r} is said twice in one entry; leave one of them")
                lines[*path, key] = _line(key_node.start_mark)
                found[key] = _value(file, value_node, (*path, key), lines)
            return found
        case yaml.SequenceNode():
            return [_value(file, item, (*path, index), lines) for index, item in enumerate(node.value)]
        case yaml.ScalarNode(style=None, value="~" | "null"):
            return ""
    return node.value


def _line(mark: Any) -> int:
    return mark.line + 1 if mark else 0
