# SPDX-License-Identifier: Apache-2.0
"""The two public tables of the demo, as files that a contributor would hold. Neither is stored in
this repository: RAND comes with the Python package statsmodels, the flights with the npm package
vega-datasets."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLIGHTS = ROOT / "build/node/node_modules/vega-datasets/data/flights-3m.parquet"


def rand_csv(path):
    """Writes the RAND table as CSV, every number as short as it reads back; the path."""
    path = pathlib.Path(path)
    if not path.exists():
        from statsmodels.datasets import randhie
        part = path.with_suffix(".part")
        randhie.load_pandas().data.to_csv(part, index=False)
        part.rename(path)
    return path


def flights_parquet():
    """The path of the flights table as npm installed it."""
    if not FLIGHTS.is_file():
        raise FileNotFoundError(f"{FLIGHTS} is not there: ./run demo installs it")
    return FLIGHTS
