# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What a test watches while it does something else, and the tables that are printed at the end."""
import threading


class Watching:
    """Calls look() at once and then every so many seconds, in a thread, from `with` to its end."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def look(self):
        raise NotImplementedError

    def run(self):
        self.look()
        while not self.stopping.wait(self.seconds):
            self.look()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()


class Table:
    """A plugin of pytest: the rows that tests noted, in its summary. They come with the tests' reports, since
    a test may have run in another process than the one that prints."""

    def __init__(self, name, title, headings, arrange=list):
        self.name, self.title, self.headings, self.arrange = name, title, headings, arrange
        self.rows = []

    def pytest_runtest_logreport(self, report):
        if report.when == "teardown":
            self.rows += [row for name, row in report.user_properties if name == self.name]

    def pytest_terminal_summary(self, terminalreporter):
        write_table(terminalreporter, self.title, self.headings, self.arrange(self.rows))


def note_row(request, name, row):
    """A row of numbers and words, for the table of that name."""
    request.node.user_properties.append((name, row))


def write_table(reporter, title, headings, rows):
    """Rows of words in columns, in pytest's summary; nothing where there are none."""
    if not rows:
        return
    reporter.section(title)
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in [headings, *rows]:
        reporter.write_line("  ".join(map(str.ljust, row, widths)).rstrip())
