"""Personal data travels as one sealed field: AES-SIV, so equal people give equal bytes and a replay gives the same record.

Keys are files `<id>.key` (base64 of 64 random bytes, 0600) in one folder. The newest seals; every one that is kept still opens.
"""

import os
from base64 import b64decode, b64encode
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from connectors.contract import Person
from deploy.faults import Fault

KEY_BITS = 512

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Person).decode


class KeyMissing(Fault):
    """A key that is needed is not there. The message says which one and what to do."""


class Unsealable(Exception):
    """The text is not one that was sealed with the key it names."""


class Sealer:
    """Opens with any key of the folder, also one put there later; seals with the newest of those there at the start. Raises
    KeyMissing where there is none."""

    def __init__(self, keys_dir: Path) -> None:
        self._dir = keys_dir
        self._keys: dict[str, AESSIV] = {}
        names = key_ids(keys_dir)
        if not names:
            raise KeyMissing(f"{keys_dir} holds no key to seal personal data with: `yipan up` makes one, or copy yours there.")
        self._newest = names[-1]
        self._key(self._newest)

    def seal(self, person: Person) -> str:
        """`<key id>.<base64>`; equal people give equal texts as long as the key is the same."""
        sealed = self._keys[self._newest].encrypt(_encode(person), [self._newest.encode()])
        return f"{self._newest}.{b64encode(sealed).decode()}"

    def open(self, text: str) -> Person:
        """Raises KeyMissing when the key is not in the folder, Unsealable when the text was changed or cut."""
        name, _, sealed = text.partition(".")
        key = self._key(name)
        try:
            return _decode(key.decrypt(b64decode(sealed, validate=True), [name.encode()]))
        except (InvalidTag, ValueError):
            raise Unsealable(f"This text was not sealed with key {name!r}, or it was changed since.") from None

    def _key(self, name: str) -> AESSIV:
        if name not in self._keys:
            if name not in key_ids(self._dir):
                raise KeyMissing(f"{self._dir} holds no key {name!r}: copy {name}.key there from where it was made.")
            self._keys[name] = AESSIV(b64decode((self._dir / f"{name}.key").read_bytes()))
        return self._keys[name]


def key_ids(keys_dir: Path) -> list[str]:
    """Ids of the keys in the folder, oldest first."""
    names = [path.stem for path in keys_dir.glob("k*.key") if path.stem[1:].isdigit()]
    return sorted(names, key=lambda name: int(name[1:]))


def create_key(keys_dir: Path) -> str:
    """A new key, readable by its owner only; the id it got. From the next start on it is the one that seals."""
    keys_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = key_ids(keys_dir)
    name = f"k{int(names[-1][1:]) + 1 if names else 1}"
    # complete before it has its name: a process that starts meanwhile never reads half a key
    draft = keys_dir / f".{name}.{os.getpid()}"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(b64encode(AESSIV.generate_key(KEY_BITS)))
        file.flush()
        os.fsync(file.fileno())
    os.link(draft, keys_dir / f"{name}.key")
    draft.unlink()
    return name
