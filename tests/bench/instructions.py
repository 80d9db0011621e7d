# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""Instructions of the image functions for one image, by callgrind: what no noise of a machine
touches. valgrind's processor has AVX2 and no AVX-512."""
import collections
import re
import subprocess
import tempfile

# A function belongs to the first stage that its name, file or library matches; what was inlined
# into it, to its own.
STAGES = (
    ("encode", r"libjpeg|libturbojpeg|jpeg/(encode|writer)\.|:write_"),
    ("IDCT", r"jpeg/(idct|synthesis|edge)|intrin\.h:(idct|decode)"),
    ("resize", r"jpeg/halver|pixels/(reducer|resizer|chroma|transpose)|intrin\.h:"),
    ("entropy decoding", r"jpeg/(entropy|decode|luma|progressive|coefficients)"),
    ("the rest", ""),
)
LINE = re.compile(r"^ *([\d,]+) +(\S+):(\S+)(?: \[(\S+)\])?$", re.M)


def stage_of(place):
    return next(stage for stage, pattern in STAGES if re.search(pattern, place))


def parse(text):
    """callgrind_annotate's table of functions: {(stage, function): instructions}. A library without
    symbols is one function."""
    found = collections.Counter()
    for count, file, function, library in LINE.findall(text):
        stage = stage_of(f"{file}:{function} {library}")
        name = function.split(".")[0] # without .arch_..., .constprop and the like
        if function.startswith("0x"):
            name = library.rpartition("/")[2].split(".")[0]
        found[stage, name] += int(count.replace(",", ""))
    return found


def collected(build, operation, image, times):
    words = ["gray", "1"] if operation == "gray" else ["scale", operation]
    with tempfile.NamedTemporaryFile() as file:
        subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={file.name}",
             "--toggle-collect=image_process", build / "tests/tools/image_cli", *words, "0",
             image, "/dev/null", str(times)], check=True, capture_output=True)
        return parse(subprocess.run(
            ["callgrind_annotate", "--threshold=100", "--show-percs=no", "--auto=no", file.name],
            check=True, capture_output=True, text=True).stdout)


def count(build, operation, image):
    """{(stage, function): instructions} of one image in a warm worker: what a second one adds."""
    twice, once = (collected(build, operation, image, times) for times in (2, 1))
    return {key: twice[key] - once[key] for key in twice if twice[key] > once[key]}
