# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""An honest client with an address of its own, in a process of its own, so that only the server can
make it wait: small images over a kept connection and over new ones, and /healthz."""
import dataclasses
import http.client
import itertools
import multiprocessing
import time

from support.clients import Client

PAUSE_SECONDS = 0.003
PATIENCE_SECONDS = 15 # until a client thinks that it is not answered any more


@dataclasses.dataclass
class Answer:
    began: float
    seconds: float
    right: bool


class Measure:
    """The answers of some time."""

    def __init__(self, answers):
        self.answers = answers
        self.seconds = sorted(answer.seconds for answer in answers)
        self.right = sum(answer.right for answer in answers)

    def quantile(self, share):
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))]

    @property
    def success(self):
        """Per cent."""
        return 100 * self.right / len(self.answers)


class Asker:
    def __init__(self, server, source, path, image, good):
        self.server, self.source = server, source
        self.path, self.image, self.good = path, image, good
        self.kept = self.connect()

    def connect(self):
        return Client(self.server, PATIENCE_SECONDS, self.source)

    def over_a_kept_connection(self):
        reply = self.kept.post(self.path, self.image)
        return reply.status == 200 and reply.body == self.good

    def over_a_new_connection(self):
        with self.connect() as client:
            reply = client.post(self.path, self.image)
        return reply.status == 200 and reply.body == self.good

    def health(self):
        with self.connect() as client:
            return client.request("GET", "/healthz").status == 200

    def ask(self, how):
        began = time.monotonic()
        try:
            right = how()
        except (OSError, http.client.HTTPException):
            right = False
            self.kept.close()
            self.kept = self.connect()
        return Answer(began, time.monotonic() - began, right)

    def run(self, pipe):
        answers = []
        for how in itertools.cycle((self.over_a_kept_connection, self.over_a_new_connection,
                                    self.health)):
            if pipe.poll(PAUSE_SECONDS):
                break
            answers.append(self.ask(how))
        self.kept.close()
        pipe.send(answers)


class Honest:
    """Asks from `with` to its end; then `answers` holds what it got."""

    def __init__(self, server, source, path, image):
        with Client(server, source=source) as client:
            good = client.image(path, image)
        address = dataclasses.make_dataclass("Address", ["host", "port"])(server.host, server.port)
        asker = Asker(address, source, path, image, good)
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("fork").Process(target=asker.run, args=(theirs,),
                                                                   daemon=True)
        self.answers = []

    def __enter__(self):
        self.process.start()
        return self

    def __exit__(self, *_):
        self.pipe.send("end")
        if self.pipe.poll(2 * PATIENCE_SECONDS):
            self.answers = self.pipe.recv()
        self.process.join(5)

    def split(self, when, until):
        """Measures of what had been answered at `when`, and of the rest, as far as it was asked for
        before `until`."""
        before = [one for one in self.answers if one.began + one.seconds < when]
        return Measure(before), Measure([one for one in self.answers
                                         if one.began + one.seconds >= when and one.began < until])
