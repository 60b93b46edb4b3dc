"""An import folder and a policy file, as people write them: a business that is right, or problems with file and line."""

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from deploy.business.book import Business
from deploy.business.forms import PolicyForm
from deploy.business.load import load_business, load_policy
from deploy.business.policy import policy_of
from tables.policy import decode_policy, encode_policy
from tests.fuzz.planted import SECRET, discreet
from tests.fuzz.target import Target, must

EXAMPLE = Path(__file__).parents[3] / "examples" / "halyard-tea"
FILES = ("nodes.csv", "shops.yaml", "segments.yaml", "listings.csv", "stock.csv", "policy.yaml", "incoming.csv")
MARK = b"\n=== "  # before the name of each file of a folder
WORDS = (
    *(
        b"&a [*a]",
        b"*a",
        b"- ",
        b": ",
        b"? ",
        b"|\n",
        b">\n",
        b"!!python/object:os.system",
        b"!!binary ",
        b"<<: *a",
        b"--- ",
        b"%YAML 9.9\n",
        b"{",
        b"[",
    ),
    *(
        b"\t",
        b"'",
        b'"',
        b",",
        b"#",
        b"~",
        b"null",
        b"NaN",
        b".inf",
        b"1e999999",
        b"9" * 5_000,
        b"secret_file: ../../secret",
        b"\xe2\x80\xa8",
        b"\x85",
    ),
    *(
        b"nodes.csv",
        b"shops.yaml",
        b"segments.yaml",
        b"listings.csv",
        b"stock.csv",
        b"policy.yaml",
        b"distances:\n  US:\n    reno-dc: 1\n",
        b"60%",
        b"1e400",
    ),
)


def targets() -> Iterator[Target]:
    yield Target(name="folder", seeds=_folders, take=_import, words=WORDS)
    yield Target(name="policy", seeds=lambda: [SMALL["policy.yaml"].encode(), b"[[]]", b"- - a"], take=_policy, words=WORDS)


@cache
def _place() -> Path:
    """Gone with the process."""
    made = tempfile.TemporaryDirectory(prefix="yipan-fuzz-")
    _place.made = made  # type: ignore[attr-defined]
    return Path(made.name)


SMALL = {
    "nodes.csv": "node,pool,kind,region,city,lat,lon,priority\nnewark-dc,us,warehouse,US-NJ,,40.7,-74.2,0\nreno,us,store,US-NV,Reno,,,5\n",
    "shops.yaml": "- shop: web\n  channel: shopify\n  pool: us\n  segment: b2c\n  currency: USD\n  secret_file: secrets/halyard-web\n",
    "segments.yaml": "- {pool: us, segment: b2c, ratio: 60%}\n- {pool: us, segment: b2b, quota: 10, protected: true}\n",
    "listings.csv": "shop,listing,sku,units\nweb,BOX,TEA,1\nweb,BOX,CUP,2\n",
    "stock.csv": "node,sku,on_hand\nnewark-dc,TEA,40\nreno,CUP,7\n",
    "incoming.csv": "node,reference,sku,units,expected\nreno,PO-7,TEA,40,2027-02-26\nreno,PO-7,CUP,9,2027-02-26T14:00+02:00\n",
    "policy.yaml": "criteria: [distance, priority]\nsegments:\n  b2b:\n    shortage: partial\nregions:\n  US-CA: [37.2, -119.5]\n",
}


def _folders() -> list[bytes]:
    return [b"".join(MARK + f"{name}\n{text}".encode() for name, text in SMALL.items())]


def _import(data: bytes) -> str:
    folder = _place() / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EXAMPLE / "secrets", folder / "secrets")
    for secret in (folder / "secrets").iterdir():
        secret.write_bytes(SECRET)
    for part in data.split(MARK):
        name, _, content = part.partition(b"\n")
        if name.decode("latin-1") in FILES:
            (folder / name.decode()).write_bytes(content)
    loaded = load_business(folder)
    if isinstance(loaded, Business):
        return "business"
    must(loaded, "neither a business nor a problem")
    for problem in loaded:
        must(problem.file and problem.sentence and "\n" not in problem.file, "a problem without a file or a sentence")
        discreet(problem.sentence, b"")
    return loaded[0].sentence[-30:]


def _policy(data: bytes) -> str:
    file = _place() / "policy.yaml"
    file.write_bytes(data)
    loaded = load_policy(file)
    if isinstance(loaded, PolicyForm):
        policy = policy_of(loaded, ())
        must(decode_policy(encode_policy(policy)) == policy, "a policy is read as another one")
        return "policy"
    return loaded[0].sentence[-30:]
