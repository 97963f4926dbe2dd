"""A terminal's screen: what the escape sequences of a test runner do to it."""

import re
import unicodedata

# colour numbers, #rrggbb, or None for the default
PLAIN = (None, None, frozenset())
SEQUENCE = re.compile(
    "\x1b(?:"
    r"\[(?P<parameters>[0-9;:?<=>]*)[ -/]*(?P<final>[@-~])"
    "|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # titles and links
    "|[()][0-9A-Za-z]"
    "|[@-Z\\\\^_=>78]"
    ")"
)
FLAGS = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}
CLEARS = {22: {"bold", "dim"}, 23: {"italic"}, 24: {"underline"}, 27: {"reverse"}}


def width(char):
    """How many cells a character takes."""
    if unicodedata.combining(char) or char in "\u200b\u200d\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


class Screen:
    """Rows of cells; a cell is (text, style), and the second half of a wide character is ("", style)."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.x = self.y = 0
        self.style = PLAIN
        self.saved = (0, 0)
        self.cursor = True
        self.rest = ""
        self.cells = [self.blank() for _ in range(rows)]

    def blank(self):
        return [(" ", PLAIN)] * self.columns

    def feed(self, text):
        """Takes what the program printed; an unfinished sequence waits for its end."""
        text, self.rest = self.rest + text, ""
        at = 0
        while at < len(text):
            char = text[at]
            if char != "\x1b":
                self.char(char)
                at += 1
                continue
            match = SEQUENCE.match(text, at)
            if match:
                if match["final"]:
                    self.control(match["parameters"], match["final"])
                elif match[0] in ("\x1b7", "\x1b8"):
                    self.save_or_restore(match[0] == "\x1b7")
                at = match.end()
            elif len(text) - at < 64:
                self.rest = text[at:]
                return
            else:
                at += 1

    def char(self, char):
        if char == "\n":
            self.line_feed()
        elif char == "\r":
            self.x = 0
        elif char == "\b":
            self.x = max(self.x - 1, 0)
        elif char == "\t":
            self.x = min((self.x // 8 + 1) * 8, self.columns - 1)
        elif char >= " " and char != "\x7f":
            self.put(char)

    def put(self, char):
        cells = width(char)
        if cells == 0:
            return
        if self.x + cells > self.columns:
            self.x = 0
            self.line_feed()
        row = self.cells[self.y]
        row[self.x] = (char, self.style)
        if cells == 2:
            row[self.x + 1] = ("", self.style)
        self.x += cells

    def line_feed(self):
        if self.y == self.rows - 1:
            self.cells.pop(0)
            self.cells.append(self.blank())
        else:
            self.y += 1

    def save_or_restore(self, save):
        if save:
            self.saved = (self.x, self.y)
        else:
            self.x, self.y = self.saved

    def control(self, parameters, final):
        if parameters[:1] in ("?", "<", "=", ">"):
            if parameters == "?25":
                self.cursor = final == "h"
            return
        numbers = [int(word) if word else 0 for word in re.split("[;:]", parameters)]
        if final == "m":
            self.restyle(numbers)
        elif final in "ABCDEFGHdf":
            self.move(numbers, final)
        elif final in "JKXP@":
            self.erase(numbers[0], final)
        elif final in "su":
            self.save_or_restore(final == "s")

    def move(self, numbers, final):
        first = max(numbers[0], 1)
        if final in "Hf":
            self.y, self.x = first - 1, (max(numbers[1], 1) if len(numbers) > 1 else 1) - 1
        elif final in "AF":
            self.y -= first
        elif final in "BE":
            self.y += first
        elif final == "C":
            self.x += first
        elif final == "D":
            self.x -= first
        elif final == "G":
            self.x = first - 1
        elif final == "d":
            self.y = first - 1
        if final in "EF":
            self.x = 0
        self.x = min(max(self.x, 0), self.columns - 1)
        self.y = min(max(self.y, 0), self.rows - 1)

    def erase(self, number, final):
        row = self.cells[self.y]
        x = min(self.x, self.columns)
        empty = (" ", PLAIN)
        if final == "J":
            above, below = number in (1, 2, 3), number in (0, 2, 3)
            for y in range(self.rows):
                if (above and y < self.y) or (below and y > self.y):
                    self.cells[y] = self.blank()
        if final in "JK":
            start, end = {0: (x, self.columns), 1: (0, x + 1)}.get(number, (0, self.columns))
            row[start:end] = [empty] * (min(end, self.columns) - start)
        elif final == "X":
            end = min(x + max(number, 1), self.columns)
            row[x:end] = [empty] * (end - x)
        elif final == "P":
            del row[x : x + max(number, 1)]
            row += [empty] * (self.columns - len(row))
        elif final == "@":
            row[x:x] = [empty] * max(number, 1)
            del row[self.columns :]

    def restyle(self, numbers):
        front, back, flags = self.style
        numbers = list(numbers)
        while numbers:
            number = numbers.pop(0)
            if number == 0:
                front, back, flags = PLAIN
            elif number in FLAGS:
                flags = flags | {FLAGS[number]}
            elif number in CLEARS:
                flags = flags - CLEARS[number]
            elif number in (38, 48):
                colour = extended(numbers)
                front, back = (colour, back) if number == 38 else (front, colour)
            elif 30 <= number <= 37 or 90 <= number <= 97:
                front = number - 30 if number < 90 else number - 82
            elif 40 <= number <= 47 or 100 <= number <= 107:
                back = number - 40 if number < 100 else number - 92
            elif number == 39:
                front = None
            elif number == 49:
                back = None
        self.style = (front, back, flags)

    def snapshot(self):
        """The rows, as tuples that can be compared and kept."""
        return tuple(tuple(row) for row in self.cells)


def extended(numbers):
    """Takes the rest of 38;5;n or 38;2;r;g;b off the list."""
    kind = numbers.pop(0) if numbers else None
    if kind == 5 and numbers:
        return numbers.pop(0)
    if kind == 2 and len(numbers) >= 3:
        return "#%02x%02x%02x" % (numbers.pop(0), numbers.pop(0), numbers.pop(0))
    return None
