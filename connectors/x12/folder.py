"""A folder that a partner takes files from: they appear there whole or not at all. Where there is a folder for its 997s too, a file counts
as taken when one of them says so."""

import asyncio
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from connectors.partner import Reply, Request
from connectors.payload import Unusable
from connectors.x12.acknowledgement import acknowledgements
from connectors.x12.envelope import read
from connectors.x12.partner import ACKNOWLEDGED, ACKNOWLEDGEMENTS, DROPPED, REFUSED

# readable for the partner's side of the folder (its group), and for nobody else: it names people
MODE = 0o640
LARGEST = 1 << 20
LOOK_AGAIN = 1.0


class Folders:
    """Files are put by one process, so that what was read once need not be read again."""

    def __init__(self, look_again: float = LOOK_AGAIN) -> None:
        self._look_again = look_again
        self._mailboxes: dict[Path, Mailbox] = {}

    async def send(self, request: Request, seconds: float) -> Reply:
        """Drops the body under the path of the request's `file:` address, and waits for its 997 where one is to come. Raises
        ConnectionError while a folder cannot be used, or without a 997 after so many seconds."""
        path = Path(unquote(urlsplit(request.url).path))
        awaited = request.headers.get(ACKNOWLEDGEMENTS, "")
        try:
            async with asyncio.timeout(seconds):
                # never left out because of a 997 that is there: numbers come round, and a file twice is better than none
                await asyncio.to_thread(drop, path, request.body)
                return Reply(await self._verdict(Path(awaited), request.body) if awaited else DROPPED, {}, b"")
        except TimeoutError:
            raise ConnectionError("the file is not acknowledged yet") from None
        except OSError as fault:
            raise ConnectionError(f"the folder cannot be used ({type(fault).__name__})") from None

    async def _verdict(self, folder: Path, body: bytes) -> int:
        control = read(body)[0].groups[0].control
        mailbox = self._mailboxes.setdefault(folder, Mailbox(folder))
        while (taken := await asyncio.to_thread(mailbox.verdict, control)) is None:
            await asyncio.sleep(self._look_again)
        return ACKNOWLEDGED if taken else REFUSED


class Mailbox:
    """The 997s in a folder, and what they say of groups by control number."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self._taken: dict[int, bool] = {}

    def verdict(self, control: int) -> bool | None:
        """None: nothing was said of it yet. Raises OSError while the folder is not there."""
        for name in sorted({*os.listdir(self._folder)} - self._seen):
            self._read(name)
        return self._taken.get(control)

    def _read(self, name: str) -> None:
        """A file that cannot be read is looked at again: it may still be on its way."""
        path = self._folder / name
        try:
            if path.is_file() and path.stat().st_size <= LARGEST:
                self._taken.update({told.control: told.taken for told in acknowledgements(read(path.read_bytes()))})
            self._seen.add(name)
        except (Unusable, FileNotFoundError):
            return


def drop(path: Path, body: bytes) -> None:
    """The file under its name in one step: who looks sees all of it or nothing. It is on the disk when this returns, and left alone where
    it is there already."""
    if path.exists():
        return
    part = path.with_name(f".{path.name}.part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
