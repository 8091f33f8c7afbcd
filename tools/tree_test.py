# SPDX-License-Identifier: Apache-2.0
"""The checks of tools/ hold on this tree, and each of them finds a planted fault."""

import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_layers  # noqa: E402
import tidy  # noqa: E402

LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


def test_tree_is_tidy():
    assert tidy.complaints() == []


def test_tree_keeps_its_layers():
    assert check_layers.complaints() == []


@pytest.mark.parametrize("name, text, complaint", [
    ("src/base/a.cc", "int x;\n", "licence"),
    ("src/base/a.cc", LICENCE + "int x;", "newline"),
    ("src/base/a.cc", LICENCE + "int x; \n", "trailing blank"),
    ("src/base/a.cc", LICENCE + "//" + "x" * 99 + "\n", "101 columns"),
    ("src/base/a.cc", LICENCE + "\n" * 500, "501 lines"),
    ("src/base/a.cc", LICENCE + "void f() {\n" + "  g();\n" * 70 + "}\n", "a function of 72 lines"),
    ("src/base/a.cc", LICENCE + "class A {\n  void f() {\n" + "    g();\n" * 70 + "  }\n};\n",
     "a function of 72 lines"),
    ("a.py", "# " + LICENCE[3:] + "def f():\n" + "    g()\n" * 70, "a function of 71 lines"),
    ("src/util/a.cc", LICENCE, "names a kind"),
    ("a.md", "see /ro" + "ot/x\n", "path of one machine"),
    ("a.md", "TO" + "DO later\n", "unfinished"),
])
def test_tidy_finds(name, text, complaint):
    found = list(tidy.file_complaints(pathlib.PurePosixPath(name), text))
    assert any(complaint in line for line in found), found


def test_tidy_accepts_a_long_class_of_short_functions():
    text = LICENCE + "class A {\n" + "  void f() {\n    g();\n  }\n" * 40 + "};\n"
    assert list(tidy.file_complaints(pathlib.PurePosixPath("src/base/a.cc"), text)) == []


def planted(root, contents):
    for name, text in contents.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    return check_layers.complaints(root)


@pytest.mark.parametrize("user, used, allowed", [
    ("cloud/store", "base", True),
    ("cloud/compute", "columns/total", True),
    ("contributor/encrypt", "columns/encrypt", True),
    ("columns/open", "he/secret", True),
    ("base", "he/ring", False),
    ("he/ring", "net", False),
    ("net", "columns/format", False),
    ("columns/format", "table", False),
    ("cloud/store", "gatekeeper/plan", False),
    ("cloud/compute", "columns/open", False),
    ("cloud/compute", "he/secret", False),
    ("gatekeeper/open", "columns/encrypt", False),
])
def test_layers_judge_includes_and_link_lines(tmp_path, user, used, allowed):
    user_library, used_library = ("cn_" + name.replace("/", "_") for name in (user, used))
    found = planted(tmp_path, {
        "ARCHITECTURE.md": f"`src/{user}/` `src/{used}/`\n",
        f"src/{user}/a.cc": f'#include "{used}/b.h"\n',
        f"src/{used}/b.h": "",
        f"src/{user}/CMakeLists.txt":
            f"cryptonet_library({user_library} SOURCES a.cc DEPS {used_library})\n",
        f"src/{used}/CMakeLists.txt": f"cryptonet_library({used_library} SOURCES b.cc)\n",
    })
    assert len(found) == (0 if allowed else 2), found


def test_layers_follow_the_cloud_program_to_the_end(tmp_path):
    found = planted(tmp_path, {
        "ARCHITECTURE.md": "`apps/` `src/cloud/` `src/columns/open/`\n",
        "apps/CMakeLists.txt": "cryptonet_program(cryptonet-cloud SOURCES m.cc DEPS cn_cloud)\n",
        "src/cloud/CMakeLists.txt":
            "cryptonet_library(cn_cloud SOURCES a.cc DEPS cn_columns_open)\n",
        "src/columns/open/CMakeLists.txt": "cryptonet_library(cn_columns_open SOURCES b.cc)\n",
    })
    assert any("cryptonet-cloud reaches cn_columns_open" in line for line in found), found


def test_layers_find_untold_folders_and_dead_links(tmp_path):
    found = planted(tmp_path, {
        "ARCHITECTURE.md": "`src/gone/` [text](docs/gone.md)\n",
        "src/here/a.cc": "",
    })
    assert any("`src/gone/` does not exist" in line for line in found)
    assert any("`src/here/` is missing" in line for line in found)
    assert any("docs/gone.md leads nowhere" in line for line in found)
