# SPDX-License-Identifier: Apache-2.0
"""First inputs of the fuzz targets that read text: schemas and legends, questions, HTTP. See
seeds.py."""

import base64
import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent

SMALL_SCHEMA = (
    'row_limit = 100\ncrosses = [["g", "m"]]\npartition = ["s"]\nlattice = ["g"]\n'
    'person = "p"\nweight = "w"\nallow_small_units = true\n'
    '[columns.x]\nrole = "measure"\ndecimals = 2\nmin = -1.5\nmax = 100\npowers = 2\n'
    'nullable = true\nfrom = "X"\n'
    '[columns.g]\nrole = "dimension"\ncategories = ["a", "b"]\nother = true\n'
    "nullable = true\npaired = true\n"
    '[columns.m]\nrole = "dimension"\npart = "month"\n'
    '[columns.y]\nrole = "dimension"\npart = "year"\ncategories = [2020, 2021]\n'
    '[columns.b]\nrole = "bins"\nfrom = "x"\ndecimals = 1\nedges = [1, 2.5]\n'
    '[columns.s]\nrole = "dimension"\ncategories = [1, 2]\n[columns.i]\nrole = "ignore"\n'
)
CHANGES_OF_SCHEMA = [
    ("row_limit = 100", "row_limit = 0"),
    ("row_limit = 100", ""),
    ("100", '"x"'),
    ('["g", "m"]', '["g", "g"]'),
    ('["g", "m"]', '["g"]'),
    ('["g", "m"]', '["g", "zz"]'),
    ('["g", "m"]', '"g"'),
    ('["s"]', '["x"]'),
    ('["s"]', "[1]"),
    ('["s"]', '["s", "s"]'),
    ('lattice = ["g"]', 'lattice = ["g", "m", "y", "s"]'),
    ('person = "p"', "person = 1"),
    ("= true", "= 1"),
    ("decimals = 2", "decimals = 16"),
    ("decimals = 2", "decimals = -1"),
    ("min = -1.5", "min = 200"),
    ("min = -1.5", "min = -1.555"),
    ("min = -1.5", "min = nan"),
    ("min = -1.5", "min = 1e30"),
    ("min = -1.5", 'min = "-1.5"'),
    ("min = -1.5", ""),
    ("min = -1.5", 'min = "1.5.5"'),
    ("powers = 2", "powers = 5"),
    ("powers = 2", "powers = 0"),
    ("max = 100", "max = 9000000000000"),
    ('from = "X"', 'from = ""'),
    ('["a", "b"]', "[]"),
    ('["a", "b"]', '["a", "a"]'),
    ('["a", "b"]', '["a", 1]'),
    ('["a", "b"]', '["OTHER"]'),
    ('["a", "b"]', "[1.5]"),
    ('["a", "b"]', '"a"'),
    ('["a", "b"]', '["' + "a" * 256 + '"]'),
    ('"month"', '"moon"'),
    ('"month"', '"hour"'),
    ('"month"', '"quarter"'),
    ('"month"', '"weekday"'),
    ('"month"', "5"),
    ("[2020, 2021]", "[2021, 2020]"),
    ("[2020, 2021]", '["2020"]'),
    ("edges = [1, 2.5]", "edges = [2, 1]"),
    ("edges = [1, 2.5]", "edges = []"),
    ("edges = [1, 2.5]", ""),
    ("edges = [1, 2.5]", 'edges = ["x"]'),
    ("edges = [1, 2.5]", "edges = 1"),
    ('role = "bins"', 'role = "bin"'),
    ('role = "bins"', "role = 5"),
    ('role = "bins"', ""),
    ("[columns.i]", "[columns.x]"),
    ("[columns.i]", "[other]"),
    ("[columns.i]", "columns = 5"),
    ("[columns.i]", "[columns.i"),
    ('role = "ignore"', 'role = "ignore"\nmin = 1'),
    ('part = "month"', 'part = "month"\nedges = [1]'),
    ("[columns.s]", '[columns."s s"]'),
    ("[columns.s]", "[columns.g]"),
    ("[columns.s]", '[columns."' + "n" * 256 + '"]'),
    ("paired = true", "paired = 3"),
    ('"ignore"\n', '"ignore"\n[columns]\nj = 5\n'),
    ("other = true", 'other = "yes"'),
    ("min = -1.5", "min = -1.5555"),
    ("min = -1.5", "min = 20000000"),
    ("powers = 2", "powers = 4\nmin2 = 1"),
    ("max = 100", "max = 90000000000"),
    ("max = 100\n", "max = 90000000000000\n"),
    ("row_limit = 100", "row_limit = 100\nunit_row_limit = 0"),
    ("row_limit = 100", "row_limit = 100\nunit_row_limit = 101"),
    ("row_limit = 100", "row_limit = 100\nunit_row_limit = 50\nproducts = false"),
    ("row_limit = 100", 'row_limit = 100\nparameters = "narrow"'),
    ("row_limit = 100", 'row_limit = 100\nparameters = "wide"'),
    ("row_limit = 100", "row_limit = 5000000000"),
    ("row_limit = 100", "row_limit = 100\nunknown = 1"),
    ("row_limit = 100", "row_limit = 100\ncolumns = 5\n[x]"),
    ('person = "p"', 'person = ""'),
    ('weight = "w"', 'weight = ""'),
    ('[["g", "m"]]', '[["g", "m"], ["m", "g"]]'),
    ('[["g", "m"]]', '[["g", "s"]]'),
    ('[["g", "m"]]', '[["g", "m", "y", "b"]]'),
    ('[["g", "m"]]', '[["g", "x"]]'),
    ('[["g", "m"]]', "5"),
    ('lattice = ["g"]', 'lattice = ["g", "m", "y"]'),
    ('lattice = ["g"]', 'lattice = ["g", "g"]'),
    ('lattice = ["g"]', 'lattice = "g"'),
    ('["a", "b"]\nother', '["OTHER"]\nother'),
    ('["a", "b"]', '["a\\u0001", "\\"b"]'),
    ('["a", "b"]', "[" + ", ".join(map(str, range(1200))) + "]"),
    ('[columns.g]', '[columns."g\\u0007"]'),
    ('[columns.g]', '[columns.X]'),
    ('[columns.g]', '[columns.""]'),
    ('"dimension"\npart = "month"', '"dimension"\npart = "month"\nother = true'),
    ('"dimension"\npart = "month"', '"dimension"\npart = "month"\ncategories = [1]'),
    ('"dimension"\npart = "month"', '"dimension"\npart = "month"\nnullable = true\nfrom = "d"'),
    ('[2020, 2021]', '["x", "y"]'),
    ("[1, 2]", "[1, 2, 2]"),
    ("[1, 2]", "[-5, 9223372036854775807]"),
    ("decimals = 1", "decimals = 15"),
    ("edges = [1, 2.5]", 'edges = [1, "2.5", "99999999999.5"]'),
    ("edges = [1, 2.5]", 'edges = [1, "x"]'),
    ("edges = [1, 2.5]", "edges = [1, true]"),
    ("edges = [1, 2.5]", "edges = [1, 1e300]"),
    ("edges = [1, 2.5]", "edges = [1, inf]"),
    ("edges = [1, 2.5]", "paired = true"),
    ("decimals = 2\nmin = -1.5\nmax = 100", 'decimals = 15\nmin = "-1.500000000000001"\nmax = 100'),
    ("decimals = 2\nmin = -1.5\nmax = 100", "decimals = 15\nmin = 0.1\nmax = 10000"),
    ("decimals = 2", "decimals = true"),
    ("powers = 2", "powers = 1.5"),
    ("powers = 2", "powers = 9"),
]
DECIMALS = [
    "0",
    "-1.50",
    "+3",
    "007",
    ".5",
    "5.",
    "1e3",
    "-",
    "",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "0.000000000000001",
    "1.2.3",
    "12a",
    "-0",
    "99999999999999999999",
    "1.0000",
    "1e",
    "1e+5",
    "1.5E-3",
    "-1.55e-1",
    "9e99999999999999999999",
    "-9223372036854775808.5",
    "1e-400",
    "0e9",
]
QUESTIONS = [
    "SELECT COUNT(*) FROM t",
    "SELECT g, m, SUM(x), AVG(x) FROM t GROUP BY g, m ORDER BY 3 DESC LIMIT 5",
    "SELECT SUM(x*y) FROM t WHERE g = 'a' AND m IN (1, 2)",
    "SELECT bin, COUNT(x) FROM t GROUP BY bin",
    "SELECT VAR_SAMP(x), STDDEV_POP(x), COVAR_POP(x, y), CORR(x, y) FROM t",
    "SELECT REGR_SLOPE(y, x), REGR_INTERCEPT(y, x), REGR_R2(y, x) FROM t",
    "SELECT SUM(x) FILTER (WHERE g = 'a') FROM t WHERE g IS NULL OR NOT m = 3",
    "SELECT SUM(x)/COUNT(*) AS q, -1 + 2.5 * SUM(y) FROM t",
    "SELECT site, SUM(y) FROM t GROUP BY site",
    "SELECT SUM(x) FROM t WHERE y >= 2 AND y < 5",
    "SELECT SUM(x) FROM t WHERE x > 3",
    "SELECT SUM(x) FROM t WHERE g IN ('a', 'OTHER') AND g IS NOT NULL",
    "SELECT SUM(x) FROM t WHERE m BETWEEN 2 AND 5",
    "SELECT SUM(x) FROM t WHERE g <> 'a'",
    "SELECT SUM(x), version FROM t GROUP BY version",
    "SELECT COUNT(*) FROM t WHERE version = 1",
    "SELECT g FROM t GROUP BY g HAVING COUNT(*) > 3",
    "SELECT DISTINCT g FROM t",
    "SELECT MIN(x) FROM t",
    "SELECT x FROM t",
    "SELECT * FROM t",
    "SELECT SUM(zz) FROM t",
    "SELECT SUM(x) FROM t, u",
    "SELECT SUM(x) FROM t WHERE h < 2",
    "SELECT SUM(x) FROM t WHERE h NOT BETWEEN 2 AND 5 AND h >= 1",
    "SELECT SUM(x) FROM t WHERE g > 2",
    "SELECT COUNT(*) FROM t WHERE h <= -1 OR h > 1.5",
    "SELECT COUNT(*) FROM t WHERE h = 1e3",
    "SELECT SUM(x) FROM t JOIN u ON 1=1",
    "WITH a AS (SELECT 1) SELECT 1",
    "SELECT SUM(x) FROM t; SELECT 1",
    "INSERT INTO t VALUES (1)",
    "DROP TABLE t",
    "",
    ";",
    "SELECT",
    "SELECT SUM(x) OVER () FROM t",
    "SELECT CASE WHEN g = 'a' THEN 1 END FROM t",
    "SELECT SUM(CASE WHEN g = 'a' THEN x ELSE 0 END) FROM t",
    "SELECT SUM(x) FROM (SELECT 1) t",
    "SELECT SUM(x) FROM t WHERE g = 'a' OR x = 1",
    "SELECT SUM(x::int) FROM t",
    "SELECT SUM(x) FROM s.t",
    'SELECT "G", SUM(x) FROM t GROUP BY 1',
    "SELECT t.g, SUM(t.x) FROM t GROUP BY t.g",
    "SELECT SUM(x) FROM t AS a",
    "SELECT COUNT(DISTINCT g) FROM t",
    "SELECT SUM(x) FROM t WHERE EXISTS (SELECT 1)",
    "SELECT SUM(x) FROM t ORDER BY g",
    "SELECT g, COUNT(*) FROM t GROUP BY g ORDER BY COUNT(*) LIMIT 3 OFFSET 1",
    "SELECT SUM(POWER(x, 2)), SUM(x*x) FROM t",
    "SELECT SUM(x + y), AVG(x - 2*y + 3) FROM t",
    "SELECT SUM(x*x*x) FROM t",
    "SELECT SUM(x/2) FROM t",
    "SELECT 1 FROM t",
    "SELECT NULL FROM t",
    "SELECT COUNT(g) FROM t",
    "SELECT g, m, site, COUNT(*) FROM t GROUP BY g, m, site",
    "SELECT COUNT(*) FROM t WHERE g LIKE 'a%'",
    "SELECT COUNT(*) FROM t WHERE m = 13",
    "SELECT COUNT(*) FROM t WHERE g = 5",
    "SELECT COUNT(*) FROM t WHERE TRUE",
    "SELECT COUNT(*) FROM t WHERE NOT FALSE",
    "SELECT SUM(y) FROM t WHERE y IN (1, 2)",
    "SELECT SUM(y) FROM t WHERE bin = '[2, 5)'",
    "SELECT COUNT(*) FROM t LIMIT ALL",
    "SELECT COUNT(*) FROM t FOR UPDATE",
    "SELECT COUNT(*) INTO u FROM t",
    "SELECT g, COUNT(*) FROM t GROUP BY ROLLUP(g)",
    "SELECT COUNT(*) FROM t UNION SELECT 1",
    "VALUES (1)",
    "EXPLAIN SELECT COUNT(*) FROM t",
    "SELECT " + "(" * 200 + "1" + ")" * 200 + " FROM t",
    "SELECT COUNT(*) FROM t WHERE " + " OR ".join(["g = 'a'"] * 50),
    "SELECT SUM(x) FROM t WHERE m = 1.5",
    "SELECT SUM(x) FROM t -- comment",
    "SELECT SUM(x) /* c */ FROM t",
    "SELECT $1 FROM t",
    "\\",
    "SELECT '\x01' FROM t",
]
REQUEST_TARGETS = [
    "/",
    "/v1/status",
    "/v1/a%20b?x=1&y=%41",
    "/v1//x",
    "/..",
    "/%",
    "/%zz",
    "/%00",
    "x",
    "",
    "/a?b",
    "/a?b=1&b=2",
    "/a?=1",
    "/a#b",
    "/" + "a" * 5000,
    "/%2f",
    "/a/./b",
    "/a?x=%",
    "/%ff",
]
ERROR_BODIES = [
    json.dumps({"error": error})
    for error in (
        {
            "code": "REFUSED",
            "rule": "r",
            "message": "m",
            "file": "f",
            "line": 3,
            "column": 4,
            "hint": "h",
        },
        {"code": "BAD_INPUT"},
        {"code": "X"},
        {"code": 5},
        {"message": "\x01\n\x7f", "line": -1, "column": "x"},
        {"code": "INTEGRITY", "message": "x" * 5000},
        {"code": "UNREACHABLE"},
        {"code": "REFUSED", "rule": "x.not_found"},
        {"code": "BAD_INPUT", "rule": "http.method"},
        {"code": "BAD_INPUT", "rule": "http.too_large"},
        {"code": "BAD_INPUT", "rule": "http.busy"},
        {"code": "BAD_INPUT", "rule": "http.no_certificate"},
        {"code": "INTERNAL"},
        {"code": "USAGE"},
        {"code": "LOCAL_IO"},
        {"code": "INTERRUPTED"},
    )
] + ["", "{", "[]", '{"error":5}']
URLS = [
    "https://127.0.0.1:4443",
    "https://[::1]:4443/",
    "http://x:1",
    "https://x",
    "https://x:0",
    "https://x:65536",
    "https://x:1/a",
    "https://:1",
    "https://[::1:1",
    "https://[x]:1",
    "a:1",
    "[::1]:5",
    "127.0.0.1:70000",
    "x:y",
    "https://a b:1",
]
ROUTES = [
    "GET /v1/status",
    "POST /v1/status",
    "POST /v1/uploads/a/totals",
    "PUT /v1/uploads/a/segments/b",
    "GET /nothing",
    "GET",
    "POST /v1/uploads//totals",
]


def large_schema(sizes):
    """A lattice of more cells, or a partition of more units, than may be."""
    names = [f"d{number}" for number in range(len(sizes))]
    text = "row_limit = 9\n" + ("lattice" if len(sizes) != 2 else "partition") + f" = {names}\n"
    for name, size in zip(names, sizes):
        text += f"[columns.{name}]\nrole = 'dimension'\ncategories = {list(range(size))}\n"
    return text


def schema():
    files = [(ROOT / "examples" / name / "schema.toml").read_text() for name in ("rand", "flights")]
    tomls = files + [SMALL_SCHEMA]
    tomls += [SMALL_SCHEMA.replace(old, new) for old, new in CHANGES_OF_SCHEMA]
    tomls += [
        "",
        "row_limit = 5",
        "row_limit = 5\n[columns]",
        "row_limit = 5\n[columns.x]\nrole = 'measure'\nmin = 0\nmax = 1",
    ]
    legend = {
        "format": "cryptonet.legend.v1",
        "dataset": "d",
        "schema": SMALL_SCHEMA,
        "rows": 8,
        "units": [{"partition": [0], "rows": 3}, {"partition": [1], "rows": 5}],
        "lattice": [{"groups": [0], "persons": 1}, {"groups": [1], "persons": 2}],
        "finer_bins": ["b"],
    }
    legends = [json.dumps(legend)] + [
        json.dumps({**legend, key: wrong})
        for key in legend
        for wrong in (None, [{}], -1, "x", ["zz"], [])
    ]
    legends += [
        json.dumps({**legend, "units": units})
        for units in (
            [{"partition": [7], "rows": 8}],
            [{"partition": [0, 0], "rows": 8}],
            [{"partition": ["a"], "rows": 8}],
            [{"partition": [0], "rows": 1 << 63}] * 2,
            [{"partition": 5, "rows": 8}],
        )
    ]
    legends += [
        json.dumps({**legend, "lattice": cells})
        for cells in (
            [{"groups": [9], "persons": 1}],
            [{"groups": [1], "persons": 1}, {"groups": [0], "persons": 1}],
            [{"groups": [0], "persons": -1}],
        )
    ]
    legends += [json.dumps({**legend, "finer_bins": names}) for names in (["b", "b"], ["x"], [5])]
    legends += ["{", "[]", "\xff"]
    return (
        [b"\0" + text.encode() for text in tomls]
        + [b"\0" + large_schema(sizes).encode() for sizes in ((300, 300), (60, 60, 300), (1,))]
        + [b"\1" + text.encode("latin-1") for text in legends]
        + [b"\2" + text.encode() for text in DECIMALS]
    )


def question():
    """One of each part of the grammar, the questions of the planner's own tests, and those of the
    examples and of the text cases: each about one of the target's four datasets or all."""
    tests = ROOT / "src" / "gatekeeper" / "plan"
    own = [re.findall(r'"(SELECT(?:[^"\\\\]|\\\\.)*)"', (tests / name).read_text())
           for name in ("refused_test.cc", "plan_test.cc")]
    inputs = [bytes([0]) + text.encode() for text in own[0]]
    inputs += [bytes([kind]) + text.encode() for kind in (1, 2, 3) for text in own[1] + QUESTIONS]
    for folder, pattern in (("tests/query/cases", "*.test"), ("examples", "*/questions.sql")):
        for path in sorted((ROOT / folder).glob(pattern)):
            inputs += [b"\1" + line.strip().encode() for line in path.read_text().splitlines()
                       if "SELECT" in line.upper()]
    texts = [b"SELECT '\xc3\xa9\xc3'", b"SELECT \xc0\x80 FROM t", b"SELECT \xed\xa0\x80",
             b"SELECT '\xe0\xa0\x80\xed\x80\x80\xf0\x90\x80\x80\xf4\x80\x80\x80' FROM t",
             b"SELECT \xe2\x82", b"SELECT 1\0", b"SELECT '\xc3\xa9', , 1", b" " * 70000]
    return inputs + [b"\1" + text for text in texts]


def http():
    certificate = (
        "-----BEGIN CERTIFICATE-----\n"
        + base64.b64encode(bytes(60)).decode()
        + "\n-----END CERTIFICATE-----\n"
    )
    return (
        [b"\0" + text.encode() for text in REQUEST_TARGETS]
        + [b"\1" + text.encode() for text in ERROR_BODIES]
        + [b"\2" + certificate.encode(), b"\2", b"\5", b"\5" + certificate.encode()]
        + [b"\3" + text.encode() for text in URLS]
        + [b"\4" + text.encode() for text in ROUTES]
        + [b"\6" + bytes([role]) + b"north clinic" for role in range(5)]
        + [b"\6\1" + name for name in (b"", b"x" * 65, b"a/b", b"a.b_c@d-e")]
        + [b"\6"]
    )
