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
    "4ff1b0c5c11d39d003b9164a3349948a": "8.4.0",
    "b9c8c0f7a0d2ae884a2b929e6d8b5ac3": "8.4.1",
    "743ec4c945c54a57199311c4bf82ece3": "8.4.2",
    "d83089ce2a5e8d048c59b3712c34e247": "9.0.0",
    "a44ec6994cf541af9e449d6f5ab0314f": "9.0.1",
    "e36061d28fb418a4bb6fb3afbd1d3896": "9.0.2",
    "e234d4e1e44aaf273277f7d2ed82d545": "9.0.3",
    "660e04a768e62b00b26498a9b4a1ec4f": "9.1.0",
    "54109a0b28c243512dcaf196596baedd": "9.1.1",
    "a0d7f17298a2b1ec491e69134de84183": "9.2.0",
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
