"""A folder that a partner looks into: files appear there whole or not at all. Where there is a folder for the partner's 997s too, a file
counts as taken once one of them says so."""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.partner import Reply, Request
from connectors.payload import Unusable
from connectors.x12.acknowledgement import acknowledgements
from connectors.x12.envelope import read

ACKNOWLEDGEMENTS = "X12-Acknowledgements"
# readable for the partner's side of the folder (its group), and for nobody else: it names people
MODE = 0o640
LARGEST = 1 << 20


class Folders:
    """`put` answers like a web server would: 201 dropped, 202 dropped and not acknowledged yet, 200 acknowledged, 422 refused by
    the partner. Raises ConnectionError while a folder is not there or cannot be used."""

    def __init__(self) -> None:
        self._told: dict[Path, dict[int, bool]] = {}
        self._seen: set[Path] = set()

    def put(self, request: Request) -> Reply:
        awaited = request.headers.get(ACKNOWLEDGEMENTS, "")
        try:
            told = self._verdict(Path(awaited), request.body) if awaited else None
            if told is None:
                drop(Path(unquote(urlsplit(request.url).path)), request.body)
        except OSError as fault:
            raise ConnectionError(f"the folder cannot be used ({type(fault).__name__})") from None
        status = {None: 202 if awaited else 201, True: 200, False: 422}[told]
        return Reply(status, {}, b"")

    def _verdict(self, folder: Path, body: bytes) -> bool | None:
        """None: no acknowledgement names it yet."""
        told = self._told.setdefault(folder, {})
        for path in sorted(folder.iterdir()):
            if path not in self._seen and path.is_file():
                self._read(path, told)
        return told.get(read(body)[0].groups[0].control)

    def _read(self, path: Path, told: dict[int, bool]) -> None:
        """A file that cannot be read yet is looked at again: it may still be on its way."""
        try:
            if path.stat().st_size <= LARGEST:
                told.update({one.control: one.taken for one in acknowledgements(read(path.read_bytes()))})
            self._seen.add(path)
        except (Unusable, FileNotFoundError):
            return


def drop(path: Path, body: bytes) -> None:
    """The file under its name in one step: who looks sees all of it or nothing. On the disk when this returns."""
    if path.exists():
        return
    part = path.with_name(f".{path.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE)
    with open(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
