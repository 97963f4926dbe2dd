def test_where(where):
    assert where == ["packages"]
