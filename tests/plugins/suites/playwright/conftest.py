import shutil

import pytest


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    return {**browser_type_launch_args, "executable_path": shutil.which("chromium")}


@pytest.fixture
def shop(page):
    page.set_content("<button onclick='this.textContent = 1 + Number(this.textContent)'>0</button>")
    return page
