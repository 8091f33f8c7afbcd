# SPDX-License-Identifier: Apache-2.0
"""Keeps a cloud and a gatekeeper running with the RAND table in them, until Ctrl-C or SIGTERM."""

import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import stage  # noqa: E402
import tables  # noqa: E402
from support import processes  # noqa: E402

SCHEMA = pathlib.Path(__file__).resolve().parent / "rand" / "schema.toml"
EXAMPLE = "SELECT coinsurance, COUNT(*), AVG(mdvis) FROM rand GROUP BY coinsurance"


def tell_how_to_ask(show):
    """The commands up to the first answer; at the first start with the code for the custodian."""
    code_file = show.platform.gatekeeper_home / "bootstrap-code"
    if code_file.exists():
        code = code_file.read_text().strip()
        stage.fact("bootstrap code", stage.styled(code, "bold"))
        print("\n   Become the custodian, sign in, add a researcher (each asks for a password):\n")
        lines = [f"bootstrap --code {code} --user carol", "login --user carol",
                 "user add grace --role researcher"]
    else:
        print("\n   Sign in as somebody who was added, and ask:\n")
        lines = []
    lines += ["login --user grace", f'query \\\n     "{EXAMPLE}"']
    print(f"   export CRYPTONET_HOME={stage.relative(show.researcher.home)}")
    for line in lines:
        print(f"   build/bin/cryptonet {line}")
    sys.stdout.flush()


def main():
    stage.stop_on_signals()
    show = stage.Stage("up", people=False)
    csv = tables.rand_csv(show.folder / "rand.csv")
    with show:
        if show.holds("rand", SCHEMA) is None:
            stage.note("encrypting and uploading the RAND table …")
            show.publish("rand", csv, SCHEMA)
        stage.heading("Up, until Ctrl-C")
        stage.fact("cloud", show.platform.cloud.url)
        stage.fact("", f"home {stage.relative(show.platform.cloud_home)}, "
                       f"log {stage.relative(show.platform.cloud.log)}")
        stage.fact("gatekeeper", show.platform.gatekeeper.url)
        stage.fact("", f"home {stage.relative(show.platform.gatekeeper_home)}, "
                       f"log {stage.relative(show.platform.gatekeeper.log)}")
        stage.fact("contributor", f"home {stage.relative(show.contributor.home)}")
        stage.fact("researcher", f"home {stage.relative(show.researcher.home)}")
        tell_how_to_ask(show)
        while show.platform.cloud.alive() and show.platform.gatekeeper.alive():
            time.sleep(0.5)
        print("run: a server ended by itself; its log says why", file=sys.stderr)
        return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("\nrun: stopped")
        sys.exit(0)
    except processes.CommandFailed as error:
        print(f"up: {error}", file=sys.stderr)
        sys.exit(1)
