def test_where(where):
    assert where == ["packages"]


def test_module_name():
    assert __name__.endswith("beta.test_same_name")


def test_package_scope(package_name, where):
    assert isinstance(package_name, str)
