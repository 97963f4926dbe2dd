"""Which versions the fused path was tested with. Made by tools/fused_table.py."""

# Files of `_pytest` whose behaviour the path repeats.
FILES = (
    "assertion/__init__.py",
    "cacheprovider.py",
    "capture.py",
    "config/__init__.py",
    "faulthandler.py",
    "logging.py",
    "main.py",
    "nodes.py",
    "nose.py",
    "python.py",
    "reports.py",
    "runner.py",
    "skipping.py",
    "stash.py",
    "threadexception.py",
    "timing.py",
    "tmpdir.py",
    "unittest.py",
    "unraisableexception.py",
    "warnings.py",
)

KNOWN = {
    "960fd7dc26cbef5bce75277d66802fb0": "7.4.4",
    "b4482d45c05b8c5756d427a86a3b3665": "8.0.2",
    "a8667bed87fc8478aa73df5d172b57ca": "8.1.2",
    "2198031aa6c19ceef3f7caa20e317f38": "8.2.2",
    "8608a655c56106ca7cd4575a3cc84a22": "8.3.4",
    "f3dd2babe7422719d0b60396d6af5e39": "8.3.5",
    "c6057f805d40712c86514ce8065d7620": "8.4.0",
    "6df77e5e7cd318b6906b0f2c5411e84a": "8.4.1",
    "d2f531f84cd57b72c6fa39f5c78ae847": "8.4.2",
    "6a5544af572afbdbe592a28c35102277": "9.0.0",
    "92790ff1940048f9be533f365f877e3b": "9.0.1",
    "c61f697b6672ee612e9cde5e9e984ce3": "9.0.2",
    "c65f3edd1e37762a905ab21632105eba": "9.0.3",
    "07fd7114508f48930d71e779945ee0d4": "9.1.0",
    "6a22705eaa3860ffb2943d68eda50c59": "9.1.1",
    "f318bf38d101259f2c14a187cfa5ea4a": "9.2.0",
}

# Plugins with nothing to do for the items that take the path.
OTHERS = {
    "pytest_timeout": {
        "ef8c4beb295b4b032d14704064796b29": "2.3.1",
        "a0bd61d881212d27a922b8fa008b7927": "2.4.0",
    },
    "_hypothesis_pytestplugin": {
        "5b8df643a5394e86bfe608b710ff2534": "6.170.17",
    },
}
