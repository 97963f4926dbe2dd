import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def draw(number):
    figure, axes = plt.subplots()
    axes.plot([0, 1, number])
    axes.set_title(f"Title {number} $x^2$")
    with io.BytesIO() as file:
        figure.savefig(file, format="raw")
        plt.close(figure)
        return file.getvalue()


# Fonts are loaded, and their files open.
pictures = {number: draw(number) for number in range(3)}
