"""Custom collectors: the files of this folder that end in .cases hold one item a line."""

import pytest


class CaseError(Exception):
    """A case that does not hold."""


class Case(pytest.Item):
    def __init__(self, *, steps, **keywords):
        super().__init__(**keywords)
        self.steps = steps
        if "marked" in steps:
            self.add_marker(pytest.mark.xfail(reason="marked in the file"))
        self.user_properties.append(("steps", steps))

    def runtest(self):
        for step in self.steps.split():
            print("step", step)
            if step in {"fail", "marked"}:
                raise CaseError(self.name)
            if step == "crash":
                raise RuntimeError("crashed")
            if step == "skip":
                pytest.skip("skipped in the file")

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, CaseError):
            return "the case {!r} does not hold".format(self.name[:100])
        return super().repr_failure(excinfo, style="short")

    def reportinfo(self):
        return self.path, 0, "case: " + self.name[:40]


class CaseFile(pytest.File):
    def collect(self):
        for line in self.path.read_text(encoding="utf-8").splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            name, _, steps = line.partition("=>")
            name = name.strip().encode("ascii", "backslashreplace").decode("unicode_escape")
            if name.startswith("long "):
                name = name[5:] * 10_000
            yield Case.from_parent(self, name=name, steps=steps.strip())


class Generated(pytest.Item):
    """An item without a file of its own, and without a line number."""

    def runtest(self):
        assert self.name != "generated 2"

    def repr_failure(self, excinfo, style=None):
        # The whole way from pytest's runner to here, without the values on it: they differ from run to run.
        return super().repr_failure(excinfo, style="short")

    def reportinfo(self):
        return self.path, None, ""


class GeneratedCollector(pytest.Collector):
    def collect(self):
        for number in range(3):
            yield Generated.from_parent(self, name="generated %d" % number)


class NestedFile(pytest.File):
    def collect(self):
        yield GeneratedCollector.from_parent(self, name="group one")
        yield GeneratedCollector.from_parent(self, name="group::two")


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".cases":
        return CaseFile.from_parent(parent, path=file_path)
    if file_path.suffix == ".nested":
        return NestedFile.from_parent(parent, path=file_path)
    return None
