"""The project's own source as the architecture test sees it: modules with what they import, call and name."""

import ast
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
PACKAGES = ("tables", "connectors", "streams", "analytics", "deploy")


class Module(NamedTuple):
    name: str
    path: Path
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    def imports(self) -> list[tuple[str, int]]:
        """(module, line) of every import, those inside functions too; `from a import b` counts as a.b where that is a module."""
        found: list[tuple[str, int]] = []
        for node in ast.walk(self.tree):
            match node:
                case ast.Import(names=names):
                    found += [(alias.name, node.lineno) for alias in names]
                case ast.ImportFrom(module=module, names=names) if module:
                    found += [(_submodule(module, alias.name), node.lineno) for alias in names]
        return found

    def names(self) -> list[tuple[str, int]]:
        """(dotted name, line) of every attribute that is used, as in `time.monotonic`."""
        return [(name, node.lineno) for node in ast.walk(self.tree) if isinstance(node, ast.Attribute) and (name := _dotted(node))]

    def calls(self) -> list[tuple[str, int]]:
        """(name, line) of every call by a dotted name."""
        return [(name, node.lineno) for node in ast.walk(self.tree) if isinstance(node, ast.Call) and (name := _dotted(node.func))]


@cache
def modules() -> tuple[Module, ...]:
    """All modules of the five packages."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return tuple(Module(_name(path), path, ast.parse(path.read_text())) for path in paths)


def within(name: str, homes: tuple[str, ...]) -> bool:
    """Whether a module is one of `homes` or lies inside one."""
    return any(name == home or name.startswith(f"{home}.") for home in homes)


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _submodule(module: str, name: str) -> str:
    folder = ROOT / module.replace(".", "/")
    return f"{module}.{name}" if (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists() else module


def _dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute) if owner := _dotted(value):
            return f"{owner}.{attribute}"
        case _:
            return ""


@cache
def declared_metrics() -> frozenset[str]:
    """Names of all Prometheus metrics that the code makes."""
    makers = {"Counter", "Gauge", "Histogram"}
    calls = (node for module in modules() for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    first = (call.args[0] for call in calls if isinstance(call.func, ast.Name) and call.func.id in makers and call.args)
    return frozenset(name.value for name in first if isinstance(name, ast.Constant) and isinstance(name.value, str))
