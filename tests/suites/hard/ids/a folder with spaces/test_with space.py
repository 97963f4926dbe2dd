def test_in_a_file_with_a_space():
    pass


def test_fails_in_a_file_with_a_space():
    assert 0
