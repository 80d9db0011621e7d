# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The parts of a run. In each, those who are compared take turns, round by round, so that what
disturbs the machine disturbs all of them; medians are kept."""
import concurrent.futures
import dataclasses
import os
import statistics
import subprocess
import time

import instructions
import jobs
import quality
from contestants import Grisaille, pss_mib
from figures import REFERENCE, medians
from measure import ask, exact, load

QUALITY_FACTORS = ("0.125", "0.25", "0.3", "0.5", "0.7", "0.9")
MINIMAL_GIF = (b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00"
               b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def cpu(title, images, contestants, operations, rounds):
    """Each image by itself: {operation: {name: {path: {cpu_ms, bytes}}}}."""
    results = {}
    for operation in operations:
        say(f"CPU, {title}, {operation}")
        samples = {}
        for _ in range(rounds):
            for path in (image.path for image in images):
                for contestant in contestants:
                    if contestant.can(operation):
                        cost, answers = exact(contestant, operation, [path])
                        samples.setdefault(contestant.name, {}).setdefault(path, []).append(
                            {"cpu_ms": cost, "bytes": len(answers[path])})
        results[operation] = {name: {path: medians(taken) for path, taken in paths.items()}
                              for name, paths in samples.items()}
    return results


def throughput(title, images, contestants, operations, counts, rounds, seconds):
    """Closed loops: {operation: {name: {connections: figures}}}. Many connections run longer, that
    each may be answered several times; memory is watched in the first round only."""
    paths = [image.path for image in images]
    results = {}
    for operation in operations:
        say(f"requests/s, {title}, {operation}")
        samples = {}
        for number in range(rounds):
            for count in counts:
                for contestant in contestants:
                    if contestant.can(operation):
                        samples.setdefault(contestant.name, {}).setdefault(count, []).append(
                            load(contestant, operation, paths, count, max(seconds, count // 16),
                                 number == 0))
        results[operation] = {name: {str(count): summary(taken) for count, taken in counted.items()}
                              for name, counted in samples.items()}
    return results


def summary(samples):
    """Medians of Samples; of memory and of errors, the most."""
    figures = medians([dataclasses.asdict(sample) for sample in samples])
    return {**figures, "pss_mib": max(sample.pss_mib for sample in samples),
            "errors": max(sample.errors for sample in samples)}


def limit(build, operation, paths, seconds):
    """The image functions in a loop on every core: images a second, CPU ms of one."""
    command = [build / "tests/bench/limit", str(seconds), str(os.cpu_count()), operation, *paths]
    return map(float, subprocess.run(command, check=True, capture_output=True,
                                     text=True).stdout.split())


def shares(build, title, images, operation, servers, repetitions, seconds):
    """What the servers reach of the limit: {title: {requests, cpu, ...}}, each share taken within
    one repetition, in which all are measured one after the other."""
    say(f"share of the limit, {title}, {operation}")
    paths = [image.path for image in images]
    samples = {server.name: [] for server in servers}
    for _ in range(repetitions):
        rate, cost = limit(build, operation, paths, seconds)
        for server in servers:
            served = load(server, operation, paths, 4, seconds).per_second
            spent, _ = exact(server, operation, paths, seconds)
            samples[server.name].append({
                "requests": served / rate, "cpu": cost / spent, "limit_per_second": rate,
                "per_second": served, "limit_cpu_ms": cost, "cpu_ms": spent})
    return {f"{title}, {operation}, {name}": {**medians(taken), **spread(taken)}
            for name, taken in samples.items()}


def spread(samples):
    """The smallest and the largest share of the repetitions."""
    return {f"{key}_{word}": end(sample[key] for sample in samples)
            for key in ("requests", "cpu") for word, end in (("low", min), ("high", max))}


def judged(image, factor, contestants):
    """(PSNR, SSIM) of each contestant's answer, and of the best that can be had at their quality."""
    ideal = quality.Ideal(image.path, factor)
    found = {contestant.name: quality.judge(
        ask(contestant, factor, [image.path], 1)[image.path], ideal)
        for contestant in contestants if contestant.can(factor)}
    if "gray" not in factor:
        found[REFERENCE] = quality.judge(ideal.encoded(80), ideal)
    return found


def qualities(images, scaling, graying):
    """{path: {factor or gray: {name: [psnr, ssim]}}}, an image a core. Comes first in a run: who
    cannot answer something is found out here, and not after half an hour."""
    say("quality")
    tasks = [(image, factor, scaling) for image in images for factor in QUALITY_FACTORS]
    tasks += [(image, operation, graying) for image in images
              for operation in ("gray", "gray q80")]
    results = {}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        for (image, factor, _), figures in zip(tasks, threads.map(judged, *zip(*tasks))):
            results.setdefault(image.path, {})[factor] = figures
    return results


def jobs_done(images, ours, sharp, rounds):
    """{title of a job: {name: {path: {cpu_ms, bytes, psnr, butteraugli}}}}. images: by kind."""
    results = {}
    for job in jobs.JOBS:
        contestants = jobs.contestants_of(job, ours, sharp)
        figures = cpu(job.title, images[job.kind], contestants, (job.query,), rounds)[job.query]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
            paths = [image.path for image in images[job.kind]]
            verdicts = threads.map(lambda path: jobs.judged(job, path, contestants), paths)
            for path, verdict in zip(paths, verdicts):
                for name, judgement in verdict.items():
                    figures[name][path] |= judgement
        results[job.title] = figures
    return results


def counted(build, images):
    """Instructions of one image: {name: {operation: [[stage, function, count], ...]}}."""
    say("instructions")
    def rows(operation, path):
        found = instructions.count(build, operation, path)
        return [[*key, number] for key, number in found.items()]

    return {image.name: {operation: rows(operation, image.path)
                           for operation in ("gray", "0.5")} for image in images}


def rest(build):
    """Memory at rest, and the time from exec to the first answer."""
    say("at rest")
    system = Grisaille("grisaille", build).start()
    time.sleep(3)
    gateway = system.processes[1].pid
    figures = {"gateway_mib": pss_mib([gateway]), "system_mib": pss_mib(system.pids())}
    system.stop()
    times = []
    for _ in range(5):
        system = Grisaille("grisaille", build)
        upstream = system.server("services/scale/grisaille-scale", {})
        began = time.monotonic()
        system.port = system.server("services/gateway/grisaille-gateway",
                                    {"scale": {"upstream": f"http://127.0.0.1:{upstream}"}})
        system.post("gray", MINIMAL_GIF)
        times.append((time.monotonic() - began) * 1000)
        system.stop()
    return {**figures, "first_answer_ms": statistics.median(times)}
