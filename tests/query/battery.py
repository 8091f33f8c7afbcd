# SPDX-License-Identifier: Apache-2.0
"""Runs text cases (case_file.py) on DuckDB and on ciphertext, through both real processes, and
counts."""

import collections
import json
import pathlib
import shutil

from query import case_file
from support import answers, oracle, processes

TRAITS = ("nulls", "negatives", "digits", "several units", "several versions")
SETS = ("wide", "narrow", "sums")


class CaseFailed(AssertionError):
    """A step did not do what it must; the text names it."""


class Counts:
    """What was asked and what came back."""

    def __init__(self):
        self.uploads = self.cases = self.cells = self.released = self.refused = 0
        self.traits = collections.Counter()
        self.sets = collections.Counter()  # questions by parameter set

    def share(self, trait):
        return self.traits[trait] / max(self.cases, 1)

    def __str__(self):
        traits = ", ".join(f"{trait} {self.share(trait):.0%}" for trait in TRAITS)
        sets = ", ".join(f"{name} {self.sets[name]}" for name in SETS)
        return (f"{self.cases} questions over {self.uploads} uploads equal DuckDB's; "
                f"{self.refused} refused as they must be; of {self.cells} cells "
                f"{self.released / max(self.cells, 1):.0%} released; {traits}; by set: {sets}")


class Dataset:
    """A dataset under test, on both sides."""

    def __init__(self, name):
        self.name = name
        self.column_lines = []
        self.clear = None
        self.schema_path = None
        self.parameters = None
        self.has_nulls = set()
        self.has_negatives = set()


class Battery:
    """One platform, one contributor, one researcher; datasets come and go."""

    def __init__(self, platform, folder):
        self.folder = pathlib.Path(folder)
        self.contributor = platform.join("contributor")
        self.researcher = platform.join("researcher")
        self.counts = Counts()
        self.dataset = None

    def run(self, text, where):
        """Runs all steps of a case text; raises CaseFailed naming `where` and the line."""
        for step in case_file.parse(text):
            try:
                getattr(self, "_" + step.kind)(step)
            except (answers.Difference, processes.CommandFailed, CaseFailed) as error:
                raise CaseFailed(f"{where}:{step.line}: {step.body}\n{error}") from error

    def _dataset(self, step):
        self.dataset = Dataset(step.words[0])

    def _schema(self, step):
        self.dataset.schema_path = self.folder / f"{self.dataset.name}.toml"
        self.dataset.schema_path.write_text(step.body + "\n", encoding="utf-8")
        # The FROM clause of the questions names the dataset, so the view is named so too.
        self.dataset.clear = oracle.ClearTable(self.dataset.name, step.body)

    def _column(self, step):
        self.dataset.column_lines.append(case_file.column_line(step))

    def _upload(self, step):
        dataset = self.dataset
        table, write, suffix = case_file.table_of(step, dataset.column_lines)
        path = self.folder / (dataset.name + suffix)
        write(path)
        upload = self.folder / "upload"
        made = self.contributor.json("encrypt", path, "--schema", dataset.schema_path, "--dataset",
                                     dataset.name, "--out", upload)
        if made["rows"] != table.num_rows:
            raise CaseFailed(f"{made['rows']} rows were encrypted of {table.num_rows}")
        dataset.clear.append(table)
        dataset.parameters = made["parameters"]
        sent = self.contributor.json("upload", upload)
        if sent["version"] != dataset.clear.newest:
            raise CaseFailed(f"version {sent['version']}, wanted {dataset.clear.newest}")
        shutil.rmtree(upload)
        path.unlink()
        self.counts.uploads += 1
        self._note_traits(table)

    def _note_traits(self, table):
        for name, column in self.dataset.clear.columns.items():
            cells = table.column(column.get("from", name))
            if cells.null_count:
                self.dataset.has_nulls.add(name)
            if column["role"] == "measure" and column["min"] < 0:
                self.dataset.has_negatives.add(name)

    def _drop(self, step):
        version = int(step.words[0])
        self.contributor.run("drop", self.dataset.name, version)
        self.dataset.clear.drop(version)

    def _query(self, step):
        sql, expected = case_file.expected_rows(step.body)
        outcome = self.researcher.query(sql)
        answer = outcome.json()
        cells, released = answers.compare(answer, sql, self.dataset.clear)
        if expected is not None and case_file.displayed(answer) != expected:
            raise CaseFailed(f"rows are {case_file.displayed(answer)}, wanted {expected}")
        if answer["version"] != self.dataset.clear.newest or answer["dataset"] != self.dataset.name:
            raise CaseFailed(f"answer is of {answer['dataset']} version {answer['version']}")
        self._count(sql, answer, cells, released)

    def _count(self, sql, answer, cells, released):
        counts, dataset = self.counts, self.dataset
        counts.cases += 1
        counts.sets[dataset.parameters] += 1
        counts.cells += cells
        counts.released += released
        question = oracle.parse_question(sql)
        named = {name for item in question.items for name in (item.first, item.second) if name}
        named |= set(question.groups)
        versions = len(dataset.clear.versions)
        counts.traits["nulls"] += bool(named & dataset.has_nulls)
        counts.traits["negatives"] += bool(named & dataset.has_negatives)
        counts.traits["digits"] += answer["plan"]["digits"] > 1
        counts.traits["several units"] += answer["plan"]["units"] > versions
        counts.traits["several versions"] += versions > 1

    def _refused(self, step):
        code = int(step.words[0])
        outcome = self.researcher.query(step.body, expect=code)
        error = json.loads(outcome.stdout)["error"]
        if len(step.words) > 1 and error["rule"] != step.words[1]:
            raise CaseFailed(f"rule is {error['rule']}, wanted {step.words[1]}: {error}")
        if not outcome.stderr.startswith("cryptonet: "):
            raise CaseFailed(f"stderr is {outcome.stderr!r}")
        self.counts.refused += 1
