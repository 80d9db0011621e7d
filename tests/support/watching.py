# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""What a test watches while it does something else, and the tables that it prints at the end."""
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


def write_table(reporter, title, headings, rows):
    """Rows of words in columns, in pytest's summary; nothing where there are none."""
    if not rows:
        return
    reporter.section(title)
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in [headings, *rows]:
        reporter.write_line("  ".join(map(str.ljust, row, widths)).rstrip())
