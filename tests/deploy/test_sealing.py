"""Personal data is sealed: equal people give equal bytes, and only the key opens them."""

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Person
from deploy.sealing import KeyMissing, Sealer, Unsealable, create_key, key_ids

TAI = Person(name="吴泰 🍵", phone="+86 137 0000 4040", street=("Jade Road 8", "Flat 2"), city="Suzhou", country="CN")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    create_key(tmp_path / "keys")
    return tmp_path / "keys"


def test_what_was_sealed_opens_again(keys: Path) -> None:
    assert Sealer(keys).open(Sealer(keys).seal(TAI)) == TAI


def test_a_replay_seals_to_the_same_text(keys: Path) -> None:
    assert Sealer(keys).seal(TAI) == Sealer(keys).seal(TAI)


def test_nothing_of_the_person_shows(keys: Path) -> None:
    sealed = Sealer(keys).seal(TAI)
    assert sealed.startswith("k1.")
    assert sealed.isascii()
    assert "Suzhou" not in sealed
    assert "Suzhou" not in repr(TAI)


def test_after_a_new_key_the_old_texts_still_open(keys: Path) -> None:
    old = Sealer(keys).seal(TAI)
    assert create_key(keys) == "k2"
    sealer = Sealer(keys)
    assert sealer.seal(TAI).startswith("k2.")
    assert sealer.open(old) == TAI


def test_a_key_that_comes_later_opens_without_a_restart(keys: Path, tmp_path: Path) -> None:
    waiting = Sealer(keys)
    create_key(keys)
    assert waiting.open(Sealer(keys).seal(TAI)) == TAI


def test_the_tenth_key_follows_the_ninth(tmp_path: Path) -> None:
    assert [create_key(tmp_path) for _ in range(10)][-1] == "k10"
    assert key_ids(tmp_path)[-2:] == ["k9", "k10"]


def test_a_key_is_for_its_owner_only(keys: Path) -> None:
    assert stat.S_IMODE((keys / "k1.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert [path.name for path in keys.iterdir()] == ["k1.key"]


def test_without_a_key_it_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(KeyMissing, match="yipan up"):
        Sealer(tmp_path)


def test_an_unknown_key_is_named(keys: Path) -> None:
    with pytest.raises(KeyMissing, match="'k7'"):
        Sealer(keys).open("k7.AAAA")
    with pytest.raises(KeyMissing):
        Sealer(keys).open("../keys/k1.AAAA")


@pytest.mark.parametrize("text", ["k1.", "k1.AAAA", "k1.no base64!", "k1." + "A" * 64])
def test_a_text_nobody_sealed_does_not_open(keys: Path, text: str) -> None:
    with pytest.raises(Unsealable):
        Sealer(keys).open(text)


def test_a_changed_text_does_not_open(keys: Path) -> None:
    sealed = Sealer(keys).seal(TAI)
    changed = sealed[:9] + ("A" if sealed[9] != "A" else "B") + sealed[10:]
    with pytest.raises(Unsealable):
        Sealer(keys).open(changed)


def test_a_text_does_not_open_under_another_keys_name(keys: Path) -> None:
    create_key(keys)
    (keys / "k3.key").write_bytes((keys / "k2.key").read_bytes())
    sealed = Sealer(keys).seal(TAI)
    with pytest.raises(Unsealable):
        Sealer(keys).open(sealed.replace("k3.", "k2."))


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.builds(
        Person,
        name=st.text(max_size=20),
        phone=st.text(max_size=9),
        street=st.lists(st.text(max_size=9), max_size=3).map(tuple),
        country=st.text(max_size=2),
    )
)
def test_every_person_survives_sealing(tmp_path_factory: pytest.TempPathFactory, person: Person) -> None:
    keys = tmp_path_factory.getbasetemp() / "sealing"
    if not key_ids(keys):
        create_key(keys)
    assert Sealer(keys).open(Sealer(keys).seal(person)) == person
