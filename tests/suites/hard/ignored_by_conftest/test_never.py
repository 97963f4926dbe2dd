raise AssertionError("the conftest says that this folder is not collected")
