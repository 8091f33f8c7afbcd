# SPDX-License-Identifier: Apache-2.0
"""A platform with its people, and a small table that is quickly published and asked."""

import shutil

from support import processes, tables

SCHEMA = """row_limit = 1000000
[columns.x]
role = "measure"
min = -100
max = 100
[columns.g]
role = "dimension"
categories = ["a", "b"]
"""
COLUMNS = ("x integer -100 100", "g text a b")
# The same table in three units.
PARTITIONED_SCHEMA = 'partition = ["p"]\n' + SCHEMA + """[columns.p]
role = "dimension"
categories = ["u", "v", "w"]
"""
PARTITION_COLUMN = "p text u v w"
# Its groups as units, and nothing to multiply.
SUMS_SCHEMA = 'partition = ["g"]\nproducts = false\nunit_row_limit = 100000\n' + SCHEMA
QUESTION = "SELECT g, COUNT(*), SUM(x) FROM {} GROUP BY g"


class Flow:
    """What a flow test works with: a platform, its people, a folder, and clear tables."""

    def __init__(self, folder, **platform_options):
        self.folder = folder
        self.platform = processes.Platform(folder / "platform", **platform_options).start()
        self.contributor = self.platform.join("contributor")
        self.researcher = self.platform.join("researcher")

    def write_table(self, name, rows=600, seed=1, suffix=".csv", columns=COLUMNS):
        table = tables.make(columns, rows, seed)
        return tables.write(table, self.folder / (name + suffix)), table

    def write_schema(self, name, text=SCHEMA):
        path = self.folder / f"{name}.toml"
        path.write_text(text)
        return path

    def encrypt(self, name, rows=600, seed=1, client=None, partitioned=False, parameters=None):
        """An upload folder of a fresh table; (folder, table)."""
        columns = (*COLUMNS, PARTITION_COLUMN) if partitioned else COLUMNS
        text = PARTITIONED_SCHEMA if partitioned else SCHEMA
        if parameters:
            text = SUMS_SCHEMA if parameters == "sums" else text
            text = f'parameters = "{parameters}"\n' + text
        schema = self.write_schema(name, text)
        path, table = self.write_table(name, rows, seed, columns=columns)
        out = self.folder / f"{name}-{seed}.upload"
        shutil.rmtree(out, ignore_errors=True)
        (client or self.contributor).json("encrypt", path, "--schema", schema,
                                          "--dataset", name, "--out", out)
        return out, table

    def publish(self, name, rows=600, seed=1, **shape):
        """A dataset whose question can be asked; its clear table."""
        out, table = self.encrypt(name, rows, seed, **shape)
        self.contributor.json("upload", out)
        return table

    def ask(self, name, expect=0, *arguments):
        return self.researcher.query(QUESTION.format(name), *arguments, expect=expect)

    def error_of(self, name, code):
        """The error of a question that must end with that exit status."""
        return self.ask(name, code).json()["error"]

    def truth(self, *clear_tables):
        """The rows that QUESTION must give over these tables."""
        rows = []
        for group in ("a", "b"):
            cells = [x for table in clear_tables
                     for x, g in zip(table["x"].to_pylist(), table["g"].to_pylist()) if g == group]
            rows.append([group, str(len(cells)), str(sum(cells))])
        return rows

    def restart_gatekeeper(self, cloud_url=None, arguments=()):
        """Stops and starts the gatekeeper on its port, so that homes stay valid."""
        port = self.platform.gatekeeper.port
        self.platform.gatekeeper.stop()
        self.platform.start_gatekeeper(port, cloud_url, arguments)

    def restart_cloud(self):
        port = self.platform.cloud.port
        if self.platform.cloud.alive():
            self.platform.cloud.stop()
        self.platform.start_cloud(port)
