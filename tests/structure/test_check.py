# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""./check -k NAME, what CONTRIBUTING.md says of it, what ./check sets up, and how it counts."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("GRISAILLE_BUILD", "build")).resolve()


def run_named(name):
    return subprocess.run([ROOT / "tests/run_named.py", BUILD, name], capture_output=True, text=True)


def test_a_unit_test_alone():
    """One cmocka function runs, and the summary names it."""
    ran = run_named("unit/test_rate.c::TEST_UNREAD")
    assert ran.returncode == 0 and "tests/unit/test_rate.c::test_unread" in ran.stdout, ran


def test_a_pytest_test_alone():
    """Parameters are part of the name, and no expression."""
    ran = run_named("structure/test_structure.py::test_wings[lib/image/image.c]")
    assert ran.returncode == 0 and " 1 passed" in ran.stdout, ran


def test_no_such_test():
    """A name that no test has is an error."""
    ran = run_named("no such test")
    assert ran.returncode == 2 and "no test has 'no such test'" in ran.stderr, ran


def test_contributing_names_tests_that_exist():
    """Each `./check -k PATH[::FUNCTION]` of CONTRIBUTING.md."""
    named = re.findall(r"\./check -k (\S+/\S+)", (ROOT / "CONTRIBUTING.md").read_text())
    assert len(named) >= 4
    for name in named:
        path, _, function = name.partition("::")
        if not path.startswith("fuzz/replay_"):
            assert re.search(rf"\b{function}\(", (ROOT / "tests" / path).read_text()), name


def test_what_results_are_counted(tmp_path):
    """Results of both kinds are added up; what else a test leaves beside them is none."""
    (tmp_path / "pictures").mkdir()
    (tmp_path / "notes.txt").write_text("no result")
    (tmp_path / "unit.json").write_text('{"name": "a", "result": "OK", "stdout": "[  PASSED  ] 3 test(s)."}\n')
    (tmp_path / "service.xml").write_text("<testsuite><testcase name='b'/><testcase name='c'>"
                                          "<failure message='why'/></testcase></testsuite>")
    ran = subprocess.run([ROOT / "tests/count_results.py", tmp_path], capture_output=True, text=True)
    assert ran.returncode == 1 and "failed: service: c: why" in ran.stdout, ran
    assert ran.stdout.endswith("\n4 passed, 1 failed\n"), ran


def prepare(folder, script, **environment):
    """What a script prints that has deploy/prepare.sh's functions, in a folder of its own."""
    (folder / "deploy").mkdir()
    (folder / "deploy/packages.txt").write_text("x bash|no-such-package why\nx no-such-package|bash why\n"
                                                "x no-such-package|nor-this why\ny no-such-package why\n")
    ran = subprocess.run(["bash", "-c", f"source {ROOT}/deploy/prepare.sh; {script}"], cwd=folder,
                         capture_output=True, text=True, env={**os.environ, **environment})
    assert ran.returncode == 0, ran
    return ran.stdout


def test_one_of_two_packages_is_enough(tmp_path):
    assert prepare(tmp_path, "missing_packages x") == "no-such-package\n"


def test_another_compiler_builds_anew(tmp_path):
    """A build directory is kept for the compiler that it was set up with, and one that was made by hand always."""
    made = "mkdir gcc clang hand; echo >gcc/compiler; echo clang >clang/compiler; "
    assert "gcc is of the default compiler" in prepare(
        tmp_path, made + "for name in gcc clang hand; do remove_other_compiler $name; done", CC="clang")
    assert not (tmp_path / "gcc").exists() and (tmp_path / "clang").exists() and (tmp_path / "hand").exists()
