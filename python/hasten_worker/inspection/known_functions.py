"""Which versions the fused path was tested with. Made by tools/known_functions.py."""

# Files of `_pytest` whose behaviour the path repeats.
FILES = (
    "assertion/__init__.py",
    "cacheprovider.py",
    "capture.py",
    "compat.py",
    "config/__init__.py",
    "faulthandler.py",
    "fixtures.py",
    "logging.py",
    "main.py",
    "mark/structures.py",
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
    "f5c5d4af0cb7165efc858d45a1852936": "7.4.4",
    "7b8f7a3cc4b9b0cfce7fb6d8bf85e268": "8.0.2",
    "35c880bc2bb21f7c142b8e33b82946ae": "8.1.2",
    "8011bdd17ff361e8b26b599fe4183796": "8.2.2",
    "d4c52df255bd2275a724e9c34be1d97c": "8.3.4",
    "32b5a3b9b199f1db25ef53fdc80374b7": "8.3.5",
    "99f0c46b8d128bf5fd19aef0761a963d": "8.4.0",
    "855ed691d2cfd0bc0465efa491527f47": "8.4.1",
    "51fa95e123f4ad45a8e5abd6d9223277": "8.4.2",
    "cb3587e7cb91c36cb2e98fb41ad51f7f": "9.0.0",
    "7a2df3f4fd7a28cde97b9aeac2dfa001": "9.0.1",
    "7a50908651c5b8cd93cddf6db00c4fac": "9.0.2",
    "f6a35b7e459dad038ae5791f74c8f4a1": "9.0.3",
    "556ff0633265ebdfcde46cb6a123c60d": "9.1.0",
    "cc354d761a5768d8f9878351b33a3e5c": "9.1.1",
    "6804ba58a47df8cf8baa94373d32d304": "9.2.0",
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
