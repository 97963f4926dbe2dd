"""The runners that are compared."""


class Tool:
    """How a runner is called.

    `package` is what it comes from, `addition` the requirements file that adds it to the shared environment. `real`: it
    runs the tests by pytest's own code. `resident`: it leaves a process behind that serves the next run.
    """

    def __init__(self, name, command, package, addition=None, real=True, resident=False):
        self.name, self.command, self.package = name, command, package
        self.addition, self.real, self.resident = addition, real, resident


def tools(shared, with_folder, hasten):
    """All that are known, by name. The folders need not be there yet."""
    python = str(shared / "bin" / "python")
    pytest = [str(shared / "bin" / "pytest")]
    xdist = [*pytest, "-n", "auto"]
    rstest = [str(with_folder / "rstest" / "bin" / "rstest"), "--python", python]
    rustest = [str(with_folder / "rustest" / "bin" / "rustest"), "--pytest-compat"]
    karva = [str(with_folder / "karva" / "bin" / "karva"), "test"]
    known = [
        Tool("pytest", pytest, "pytest"),
        Tool("hasten", [str(hasten), "--python", python], "hasten"),
        Tool("xdist", xdist, "pytest-xdist", "xdist"),
        # For suites that wait: the number that somebody finds who tries.
        Tool("xdist-2", [*pytest, "-n", "2"], "pytest-xdist", "xdist"),
        Tool("xdist-3", [*pytest, "-n", "3"], "pytest-xdist", "xdist"),
        Tool("xdist-8", [*pytest, "-n", "8"], "pytest-xdist", "xdist"),
        Tool("xdist-worksteal", [*xdist, "--dist", "worksteal"], "pytest-xdist", "xdist"),
        Tool("rstest", rstest, "rstest", "rstest"),
        Tool("rstest-lazy", [*rstest, "--collect", "lazy"], "rstest", "rstest"),
        Tool("rstest-fork", [*rstest, "--fork-pool"], "rstest", "rstest"),
        Tool("rustest", rustest, "rustest", "rustest", real=False),
        Tool("karva", karva, "karva", "karva", real=False),
        Tool("zygote", [*pytest, "--workers", "auto"], "pytest-zygote", "zygote"),
        Tool("fast", [*pytest, "--fast"], "pytest-fast", "fast", resident=True),
    ]
    return {tool.name: tool for tool in known}


DEFAULT = ["pytest", "hasten", "xdist", "rstest"]
XDIST = ["xdist", "xdist-2", "xdist-3", "xdist-8", "xdist-worksteal"]
ALL = [*DEFAULT[:2], *XDIST, "rstest", "rstest-lazy", "rstest-fork", "rustest", "karva", "zygote", "fast"]
