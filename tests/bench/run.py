#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Measures grisaille beside others on the same pictures and writes docs/performance.md. ./bench sets
it up. Contestants take turns picture by picture, round by round; medians are reported."""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

import sources
import quality
import report
from contestants import ROOT, Grisaille, Nginx, Pillow, Sharp, cpu_seconds, pss_mib
from measure import exact, load

OPERATIONS = ("gray", "gray q80", "0.5", "0.25", "0.3", "0.125", "gray+0.25")
QUALITY_FACTORS = (0.125, 0.25, 0.3, 0.5, 0.7, 0.9)
CONNECTIONS = (1, 2, 4, 16, 64, 256)


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def run_photographs(photographs, contestants, operations, rounds):
    """CPU of each picture with each contestant: {operation: {name: {path: ms}}}."""
    results = {}
    for operation in operations:
        say(f"photographs, {operation}")
        samples = {}
        for number in range(rounds):
            for picture in photographs:
                for contestant in contestants:
                    if not contestant.can(operation) or (
                            operation == "gray q80" and contestant.name != "grisaille"):
                        continue
                    cost, data = exact(contestant, operation, picture.path)
                    samples.setdefault(contestant.name, {}).setdefault(
                        picture.path, []).append((cost, len(data)))
        results[operation] = {
            name: {path: {"cpu_ms": statistics.median(cost for cost, _ in costs),
                          "bytes": costs[0][1]} for path, costs in paths.items()}
            for name, paths in samples.items()}
    return results


def run_load(contestants, picked, operations, connections, rounds, seconds):
    """Closed loops: {operation: {name: {connections: figures}}}."""
    results = {}
    for operation in operations:
        say(f"load, {operation}")
        for count in connections:
            samples = {}
            for _ in range(rounds):
                for contestant in contestants:
                    if contestant.can(operation):
                        samples.setdefault(contestant.name, []).append(
                            load(contestant, operation, picked, count, seconds, True))
            for name, taken in samples.items():
                results.setdefault(operation, {}).setdefault(name, {})[count] = {
                    key: statistics.median(getattr(sample, key) for sample in taken)
                    for key in ("per_second", "p50_ms", "p99_ms", "pss_mib", "errors")}
    return results


def run_limit(build, contestant, kinds, rounds, seconds):
    """Throughput of the image functions alone against that of the server: {kind: {...}}."""
    import os
    results = {}
    for kind, operation, picked in kinds:
        say(f"share of the limit, {kind}, {operation}")
        alone, served = [], []
        paths = [picture.path for picture in picked]
        for _ in range(rounds):
            alone.append(tuple(map(float, subprocess.run(
                [build / "tests/bench/limit", str(seconds), str(os.cpu_count()), operation, *paths],
                check=True, capture_output=True, text=True).stdout.split())))
            served.append(load(contestant, operation, paths, 4, seconds))
        cpu = []
        for picture in picked:
            cpu.append(exact(contestant, operation, picture.path)[0])
        results[f"{kind}, {operation}"] = {
            "limit_per_second": statistics.median(rate for rate, _ in alone),
            "limit_cpu_ms": statistics.median(cost for _, cost in alone),
            "per_second": statistics.median(sample.per_second for sample in served),
            "cpu_ms": statistics.mean(cpu)}
    return results


def run_quality(photographs, ours, sharp):
    """PSNR and SSIM of both: {path: {factor: {name: [psnr, ssim]}}}."""
    results = {}
    for picture in photographs:
        say(f"quality, {picture.name}")
        for factor in QUALITY_FACTORS:
            ideal = quality.reference(picture.path, factor)
            for contestant in (ours, sharp):
                data = exact(contestant, str(factor), picture.path, 0)[1]
                results.setdefault(picture.path, {}).setdefault(str(factor), {})[
                    contestant.name] = quality.judge(data, ideal)
    return results


def run_rest(build):
    """Memory at rest, and the time from exec to the first answer."""
    say("at rest")
    system = Grisaille("grisaille", build).start()
    time.sleep(3)
    gateway = system.processes[1].pid
    rest = {"gateway_mib": pss_mib([gateway]), "system_mib": pss_mib(system.pids())}
    system.stop()
    times = []
    small = next(iter(sources.photographs(40))).path
    for _ in range(5):
        system = Grisaille("grisaille", build)
        scale = system.server("services/scale/grisaille-scale", {})
        began = time.monotonic()
        system.port = system.server("services/gateway/grisaille-gateway",
                                    {"scale": {"upstream": f"http://127.0.0.1:{scale}"}})
        from measure import ask
        ask(system, "gray", small, MINIMAL_GIF, 1)
        times.append((time.monotonic() - began) * 1000)
        system.stop()
    rest["first_answer_ms"] = statistics.median(times)
    return rest


MINIMAL_GIF = (b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00"
               b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--modules", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--photographs", type=int, help="so many of them")
    options = parser.parse_args()
    rounds, seconds, limit = (1, 1, 6) if options.quick else (3, 3, None)
    rounds, limit = options.rounds or rounds, options.photographs or limit

    photographs = sources.photographs(limit)
    few = sources.photographs(8)
    small = sources.made(options.work, "small", few)
    usual = options.build / "tests/bench/usual_worker"
    ours = Grisaille("grisaille", options.build).start()
    alone = Grisaille("grisaille-scale alone", options.build, alone=True).start()
    plain = Grisaille("libvips as usual", options.build, usual, usual).start()
    sharp = Sharp(options.modules).start()
    pillow = Pillow().start()
    nginx = Nginx({picture.path: picture.size for picture in photographs + few}).start()
    everybody = [ours, alone, plain, sharp, pillow, nginx]
    try:
        results = {
            "pictures": {picture.path: {
                "name": picture.name, "megapixels": picture.megapixels, "bytes": picture.bytes,
                "progressive": picture.progressive} for picture in photographs},
            "photographs": run_photographs(photographs, [ours, sharp], OPERATIONS, rounds),
            "others": run_photographs(few, [ours, alone, plain, pillow, nginx],
                                      ("gray", "0.5", "0.25"), 1),
            "small": run_photographs(small, [ours, alone, sharp], ("gray", "0.5"), rounds),
            "formats": {kind: run_photographs(
                sources.made(options.work, kind, few[:4]), [ours, sharp],
                ("gray", "0.5", "0.25"), rounds) for kind in ("png", "webp", "webp lossless")},
            "load": run_load([ours, plain, sharp, pillow, nginx], [p.path for p in few],
                             ("gray", "0.5"), (4,), rounds, seconds),
            "connections": run_load([ours], [p.path for p in few], ("gray", "0.5"), CONNECTIONS,
                                    rounds, seconds),
            "connections_small": run_load([ours], [p.path for p in small], ("gray",), CONNECTIONS,
                                          rounds, seconds),
            "limit": run_limit(options.build, ours, [("photographs", "gray", few),
                                                     ("50 KB", "gray", small)], rounds, seconds),
            "limit_scale": run_limit(options.build, alone, [("photographs", "0.5", few),
                                                            ("50 KB", "0.5", small)],
                                     rounds, seconds),
            "quality": run_quality(few[:3] if options.quick else few if limit else photographs,
                                   alone, sharp),
        }
    finally:
        for contestant in everybody:
            contestant.stop()
    results["rest"] = run_rest(options.build)
    results["settings"] = {"rounds": rounds, "seconds": seconds, "date": time.strftime("%Y-%m-%d")}
    (options.work / "results.json").write_text(json.dumps(results, indent=1))
    report.write(results, ROOT / "docs", options.modules)
    say("docs/performance.md is written")


if __name__ == "__main__":
    sys.exit(main())
