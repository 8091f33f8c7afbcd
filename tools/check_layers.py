# SPDX-License-Identifier: Apache-2.0
"""Checks who may know whom, and that ARCHITECTURE.md tells the truth.

1. Includes and link lines point one way: base, then he and net, then columns, table, api, a side,
   apps. Sides never include each other.
2. Rights: only the contributor may name columns/encrypt, only the cloud columns/total, only the
   gatekeeper columns/open; keys and he/secret are for encrypt and open. Link lines are followed.
3. Every folder with files stands in ARCHITECTURE.md, every folder named there exists, and every
   relative link of every Markdown file resolves.

Prints one line per complaint; exit status 1 when there is one.
"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import tree  # noqa: E402

SIDES = ("contributor", "cloud", "gatekeeper", "researcher")
CLIENTS = ("contributor", "researcher")
# For each top folder of src/, the other top folders that it may use.
MAY_USE = {
    "base": set(),
    "he": {"base"},
    "net": {"base"},
    "audit": {"base"},
    "columns": {"base", "he"},
    "table": {"base", "columns"},
    "api": {"base", "net", "columns", "table"},
    "home": {"base", "net", "api"},
    **{side: {"base", "he", "net", "audit", "columns", "table", "api"} for side in SIDES},
    **{side: {"base", "he", "net", "audit", "columns", "table", "api", "home"} for side in CLIENTS},
}
# Folders that hold a right, and who alone may use them (prefixes of a folder's path).
RIGHTS = {
    "he/secret": ("columns/keys", "columns/encrypt", "columns/open", "he/expression"),
    "columns/keys": ("columns/encrypt", "columns/open", "contributor", "gatekeeper"),
    "columns/encrypt": ("contributor",),
    "columns/total": ("cloud",),
    "columns/open": ("gatekeeper",),
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
LIBRARY = re.compile(r"cryptonet_(library|program)\(\s*([\w-]+)([^)]*)\)")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FOLDER_NAME = re.compile(r"`([\w.\-/]+/)`")


def within(folder, prefix):
    return folder == prefix or folder.startswith(prefix + "/")


def use_complaint(user, used):
    """Why folder `user` may not use folder `used` (both relative to src/), or None."""
    user_top, used_top = user.split("/")[0], used.split("/")[0]
    for owned, owners in RIGHTS.items():
        if within(used, owned) and not within(user, owned):
            if not any(within(user, owner) for owner in owners):
                return f"{owned} is for {' and '.join(owners)} alone"
    if user_top == used_top:
        return None
    if user_top not in MAY_USE:
        return f"src/{user_top} has no place in the order of folders"
    if used_top not in MAY_USE[user_top]:
        allowed = ", ".join(sorted(MAY_USE[user_top])) or "nothing"
        return f"{user_top} may use {allowed}"
    return None


def is_test(path):
    return path.stem.endswith(("_test", "_oracle", "_testing"))


def check_includes(files, text_of):
    complaints = []
    folders = {str(path.parent) for path in files}
    for path in files:
        if path.parts[0] != "src" or path.suffix not in (".cc", ".h") or is_test(path):
            continue
        user = "/".join(path.parts[1:-1])
        for included in INCLUDE.findall(text_of(path)):
            used = "/".join(pathlib.PurePosixPath(included).parts[:-1])
            if "src/" + used not in folders:
                continue
            complaint = use_complaint(user, used)
            if complaint:
                complaints.append(f"{path}: includes {included}: {complaint}")
    return complaints


def link_lines(files, text_of):
    """Target name -> (CMakeLists path, folder under src/ or None, libraries named)."""
    targets = {}
    for path in files:
        if path.name != "CMakeLists.txt" or path.parts[0] not in ("src", "apps"):
            continue
        text = re.sub(r"#.*", "", text_of(path))
        for kind, name, arguments in LIBRARY.findall(text):
            words = arguments.split()
            named = words[words.index("DEPS") + 1:] if "DEPS" in words else []
            folder = "/".join(path.parts[1:-1]) if path.parts[0] == "src" else None
            targets[name] = (path, folder, [word for word in named if word.startswith("cn_")])
    return targets


def check_link_lines(files, text_of):
    complaints = []
    targets = link_lines(files, text_of)
    for name, (path, folder, named) in targets.items():
        for dependency in named:
            if dependency not in targets:
                complaints.append(f"{path}: {name} links {dependency}, which no folder makes")
            elif folder is not None and targets[dependency][1] is not None:
                complaint = use_complaint(folder, targets[dependency][1])
                if complaint:
                    complaints.append(f"{path}: {name} links {dependency}: {complaint}")
    return complaints + check_programs(targets)


def reachable(targets, name):
    seen, waiting = set(), [name]
    while waiting:
        current = waiting.pop()
        if current not in seen and current in targets:
            seen.add(current)
            waiting.extend(targets[current][2])
    return seen


# What each program may never reach over its link line.
FORBIDDEN = {
    "cryptonet-cloud": ("cn_he_secret", "cn_columns_keys", "cn_columns_encrypt", "cn_columns_open",
                        "cn_contributor", "cn_gatekeeper", "cn_researcher"),
    "cryptonet-gatekeeper": ("cn_he_secret_bgv", "cn_he_expression_run", "cn_columns_encrypt",
                             "cn_columns_total", "cn_cloud"),
}


def check_programs(targets):
    complaints = []
    for program, forbidden in FORBIDDEN.items():
        for reached in sorted(reachable(targets, program)):
            if any(reached == name or reached.startswith(name + "_") for name in forbidden):
                complaints.append(f"{targets[program][0]}: {program} reaches {reached}")
    return complaints


# Folders whose insides are data or bookkeeping, told by the line of the folder itself.
NOT_LISTED = re.compile(r"^(\.|.*/cases$|.*/corpus(/|$)|.*/vectors/.+)")


def named_folders(text):
    """The folders of ARCHITECTURE.md; in a row of a table, also below the row's first."""
    for line in text.split("\n"):
        names = [name.rstrip("/") for name in FOLDER_NAME.findall(line)]
        for name in names:
            below = f"{names[0]}/{name}"
            is_row = line.startswith("|") and name != names[0]
            yield name, below if is_row else name


def check_architecture(files, text_of, root):
    if not (root / "ARCHITECTURE.md").is_file():
        return ["ARCHITECTURE.md: is missing"]
    complaints, named = [], set()
    for name, below in named_folders(text_of("ARCHITECTURE.md")):
        exists = [folder for folder in (name, below) if (root / folder).is_dir()]
        named.update(exists)
        if not exists:
            complaints.append(f"ARCHITECTURE.md: `{name}/` does not exist")
    folders = {str(path.parent) for path in files if path.name != "CMakeLists.txt"} - {"."}
    folders = {folder for folder in folders if not NOT_LISTED.match(folder)}
    return complaints + [f"ARCHITECTURE.md: `{folder}/` is missing"
                         for folder in sorted(folders - named)]


def check_links(files, text_of, root):
    complaints = []
    for path in files:
        if path.suffix != ".md":
            continue
        for link in LINK.findall(text_of(path)):
            target = link.split("#")[0]
            if not target or re.match(r"[a-z]+:", target):
                continue
            if not (root / path.parent / target).exists():
                complaints.append(f"{path}: link to {link} leads nowhere")
    return complaints


def complaints(root=tree.ROOT):
    files = tree.files(root)

    def text_of(path):
        return tree.text_of(path, root) or ""

    return (check_includes(files, text_of) + check_link_lines(files, text_of)
            + check_architecture(files, text_of, root) + check_links(files, text_of, root))


if __name__ == "__main__":
    sys.exit(tree.report(complaints()))
