import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QLabel


@pytest.mark.parametrize("number", range(4))
def test_a_label_is_shown(number):
    label = QLabel(str(number))
    label.show()
    assert label.isVisible()
    QTimer.singleShot(1, QApplication.instance().quit)
    QApplication.instance().exec()
    label.close()
