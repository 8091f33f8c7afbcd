# SPDX-License-Identifier: Apache-2.0
"""The whole way, twice: a real table, encrypted, sent to a cloud that has no key, and exact answers
back. Every answer stands beside DuckDB's on the clear table and is compared with it; a difference
ends the demo."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import stage  # noqa: E402
import tables  # noqa: E402
from support import answers, oracle, processes  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent


def questions_of(path):
    """(remark, SQL) of a file of statements, each after its comment lines."""
    for statement in path.read_text().split(";"):
        lines = [line for line in statement.strip().split("\n") if line]
        remark = " ".join(line[2:].strip() for line in lines if line.startswith("--"))
        sql = " ".join(line.strip() for line in lines if not line.startswith("--"))
        if sql:
            yield remark, sql


def in_clear(name, table, schema):
    """The table as DuckDB sees it."""
    clear = oracle.ClearTable(name, schema.read_text())
    decimals = {column.get("from", key): column["decimals"]
                for key, column in clear.columns.items()
                if column["role"] == "measure" and column.get("decimals")}
    source = f"read_parquet('{table}')"
    if table.suffix == ".csv":
        types = ", ".join(f"'{key}': 'DECIMAL(18, {scale})'" for key, scale in decimals.items())
        source = f"read_csv('{table}', types = {{{types}}})"
    clear.append(clear.connection.sql(f"SELECT * FROM {source}").to_arrow_table())
    return clear


def shown(cell, kind, suppressed):
    if suppressed:
        return "<suppressed>"
    if cell is None:
        return "NULL"
    return f"{cell:,.6f}" if kind == "real" else str(cell)


def print_answer(answer, question, rows):
    """The answer, DuckDB's beside it, and a tick per row (the comparison was made before)."""
    hidden = {tuple(place) for place in answer["suppressed"]}
    kinds = [column["type"] for column in answer["columns"]]
    of_groups = [i for i, item in enumerate(question.items) if item.function is None]
    figures = [i for i, item in enumerate(question.items) if item.function]
    head = [column["name"] for column in answer["columns"]]
    lines = [[head[i] for i in of_groups + figures] + ["│"] + [head[i] for i in figures] + [""]]
    for r, row in enumerate(answer["rows"]):
        cells = [shown(cell, kind, (r, c) in hidden)
                 for c, (cell, kind) in enumerate(zip(row, kinds))]
        clear = [shown(answers.in_json(cell), cell.kind, False) for cell in rows[r]]
        lines.append([cells[i] for i in of_groups + figures] + ["│"]
                     + [clear[i] for i in figures] + ["✓"])
    right = [False] * len(of_groups) + [True] * len(figures) + [False] + [True] * len(figures)
    table = stage.aligned(lines, [*right, False])
    mark = table[0].index("│")
    print("   " + stage.styled("on ciphertext".ljust(mark) + "│ DuckDB, in clear", "dim"))
    print("   " + stage.styled(table[0], "bold"))
    for line in table[1:]:
        colour = "yellow" if "<suppressed>" in line else "green"
        print("   " + line[:-1] + stage.styled(line[-1], colour))


def ask(show, clear, remark, sql):
    """Asks both sides, compares, prints; (cells, cells released, seconds)."""
    print("\n" + (f"   {stage.styled(remark, 'bold')}\n" if remark else "")
          + f"   {stage.styled(sql, 'blue')}")
    outcome = show.researcher.query(sql, "--no-cache")
    answer = outcome.json()
    started = time.monotonic()
    question, rows = clear.answer(sql)
    clear_seconds = time.monotonic() - started
    cells, released = answers.compare(answer, sql, clear)
    print_answer(answer, question, answers.ordered(question, rows, clear))
    plan, timing = answer["plan"], answer["timing_ms"]
    stage.note(f"{plan['pairs']} pairs × {plan['units']} units, {stage.size(plan['bytes_read'])} "
               f"read at the cloud; bound 2^{plan['bound_bits']} of 2^{plan['modulus_bits']}; "
               f"compute {timing['compute']:,.0f} ms, open {timing['open']:,.0f} ms, in all "
               f"{stage.duration(outcome.seconds)} (DuckDB {stage.duration(clear_seconds)})")
    return cells, released, outcome.seconds


def tell_storage(figures, fresh):
    stage.fact("rows", f"{figures['rows']:,}")
    stored = figures["stored_columns"]
    stage.fact("encrypted columns", f"{stored}, in {figures['units']} unit(s), with the parameter "
               f"set '{figures.get('parameters', 'wide')}'")
    stage.fact("ciphertext", f"{stage.size(figures['bytes'])}, "
                             f"{figures['bytes_per_row']:,.0f} bytes per row")
    if fresh:
        stage.fact("encrypted in", f"{stage.duration(figures['seconds'])} "
                   f"({figures['seconds'] * 1e9 / figures['rows'] / stored:,.0f}"
                   " ns per row and column)")
        stage.fact("uploaded in", stage.duration(figures["upload_seconds"]))
    else:
        stage.note("already encrypted and uploaded by an earlier run")


def tour(show, name, table, title, refused):
    """One table from the clear file to its last answer; the line of the summary."""
    schema = HERE / name / "schema.toml"
    stage.heading(title)
    stage.fact("clear table", f"{stage.relative(table)}, {stage.size(table.stat().st_size)}")
    stage.fact("schema", stage.relative(schema))
    figures = show.holds(name, schema)
    fresh = figures is None
    if fresh:
        stage.note("encrypting on the contributor's machine, then sending ciphertext to the cloud "
                   "and hints to the gatekeeper …")
        figures = show.publish(name, table, schema)
    tell_storage(figures, fresh)
    clear = in_clear(name, table, schema)
    totals = [ask(show, clear, remark, sql)
              for remark, sql in questions_of(HERE / name / "questions.sql")]
    print(f"\n   {stage.styled('A question that the schema does not reach', 'bold')}")
    print(f"   {stage.styled(refused, 'blue')}")
    outcome = show.researcher.run("query", refused, expect=3)
    for line in outcome.stderr.strip().split("\n"):
        print(f"   {stage.styled(line, 'yellow')}")
    cells, released, seconds = (sum(column) for column in zip(*totals))
    return [name, f"{figures['rows']:,}", f"{figures['bytes_per_row']:,.0f}",
            stage.duration(figures["seconds"]), str(len(totals)), f"{released} of {cells}",
            stage.duration(seconds / len(totals))]


def introduce(show):
    stage.heading("Two servers and who works with them")
    rows = [["who", "address or home", "holds"],
            ["cloud", show.platform.cloud.url, "ciphertext; no key, no label, no cell"],
            ["gatekeeper", show.platform.gatekeeper.url, "keys and hints; no ciphertext"],
            ["contributor", stage.relative(show.contributor.home), "the clear tables"],
            ["researcher", stage.relative(show.researcher.home), "a session; what is released"]]
    lines = stage.aligned(rows, [False] * 3)
    print("   " + stage.styled(lines[0], "dim"))
    print("\n".join("   " + line for line in lines[1:]))


def peek(show):
    """What the cloud has on its disk."""
    stage.heading("What the cloud sees")
    segments = sorted((show.platform.cloud_home / "segments").rglob("*"))
    segments = [path for path in segments if path.is_file()]
    total = sum(path.stat().st_size for path in segments)
    stage.fact("segments", f"{len(segments):,} files, {stage.size(total)}")
    with open(segments[0], "rb") as file:
        file.seek(4096)
        words = file.read(64).hex(" ", 2)
    stage.fact("one of them", segments[0].name[:32] + "…")
    stage.fact("from its middle", words[:79])
    stage.fact("", words[80:])


def tell_people(show):
    """Who may ask: what the platform did to have a researcher signed in."""
    stage.heading("Who may ask")
    people = show.platform.people
    people.custodian()
    for user in ("carol", "researcher"):
        person = people.known[user]
        how = ("made with the one-time code of the gatekeeper's terminal" if user == "carol"
               else "added by carol")
        stage.fact(user, f"{person.role}, {how}; password and authenticator app")
    who = show.researcher.json("whoami", "--format", "json")
    stage.fact("signed in", f"{who['user']} as {', '.join(who['roles'])}, with a code of the app, "
               f"for {who['idle_s'] // 60} idle minutes")


def key_of_a_quarter_hour(show):
    """An access key: made, used, kept within its scope, revoked; and the log of all that."""
    stage.heading("A key for fifteen minutes")
    made = show.researcher.json("token", "new", "--ttl", "15m", "--scope", "dataset:rand",
                                "--format", "json")
    stage.fact("made", f"key {made['id']} for {', '.join(made['scope'])}")
    with_key = {"env": {"CRYPTONET_TOKEN": made["token"]}}
    asked = show.researcher.query("SELECT COUNT(*) FROM rand", **with_key).json()
    stage.fact("asks about rand", f"{int(asked['rows'][0][0]):,} rows")
    refused = show.researcher.query("SELECT COUNT(*) FROM flights", expect=4, **with_key)
    stage.fact("asks about flights", stage.styled(refused.stderr.strip()[:96] + " …", "yellow"))
    show.researcher.run("token", "revoke", made["id"])
    refused = show.researcher.query("SELECT COUNT(*) FROM rand", expect=8, **with_key)
    stage.fact("revoked, asks again", stage.styled(refused.stderr.strip()[:60] + " …", "yellow"))
    verified = show.platform.people.custodian().json("audit", "verify", "--format", "json")
    stage.fact("audit log", f"{verified['records']:,} records, every link and signature holds")


def main():
    stage.stop_on_signals()
    started = time.monotonic()
    summary = [["table", "rows", "bytes/row", "encrypted in", "questions", "cells released",
                "mean answer"]]
    show = stage.Stage("demo", people=True)
    csv = tables.rand_csv(show.folder / "rand.csv")
    with show:
        introduce(show)
        tell_people(show)
        summary.append(tour(
            show, "rand", csv, "RAND health insurance experiment",
            "SELECT good_health, AVG(mdvis) FROM rand WHERE individual_plan = 1 "
            "GROUP BY good_health"))
        summary.append(tour(
            show, "flights", tables.flights_parquet(), "Three million flights",
            "SELECT COUNT(*) FROM flights WHERE distance BETWEEN 100 AND 700"))
        key_of_a_quarter_hour(show)
        peek(show)
    stage.heading("Every answer equal to DuckDB's")
    for line in stage.aligned(summary, [False] + [True] * 6):
        print("   " + line)
    print(f"\n   {stage.styled('done', 'bold', 'green')} in "
          f"{stage.duration(time.monotonic() - started)}; state in {stage.relative(show.folder)}, "
          "`./run up` keeps a platform running to ask your own questions")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (answers.Difference, processes.CommandFailed) as error:
        print(stage.styled(f"demo: {error}", "red"), file=sys.stderr)
        sys.exit(1)
