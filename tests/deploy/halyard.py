"""The example business of the repository, to be copied and spoilt."""

from pathlib import Path

from deploy.business import Business, Problem, load_business

EXAMPLE = Path(__file__).parents[2] / "examples" / "halyard-tea"


class Folder:
    """A copy of the example. `spoil` replaces text that must be there, so that a test cannot spoil nothing."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def spoil(self, file: str, old: str, new: str) -> "Folder":
        text = (self.path / file).read_text()
        assert old in text
        (self.path / file).write_text(text.replace(old, new, 1))
        return self

    def write(self, file: str, content: str | bytes) -> "Folder":
        (self.path / file).write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def business(self) -> Business:
        loaded = load_business(self.path)
        assert isinstance(loaded, Business), loaded
        return loaded

    def problems(self) -> list[Problem]:
        loaded = load_business(self.path)
        assert isinstance(loaded, list), "the folder is right"
        return loaded

    def problem(self) -> Problem:
        [problem] = self.problems()
        return problem
