import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel


@pytest.mark.parametrize("number", range(4))
def test_a_label_is_shown(application, number):
    label = QLabel(str(number))
    label.show()
    assert label.isVisible()
    QTimer.singleShot(1, application.quit)
    application.exec()
    label.close()
