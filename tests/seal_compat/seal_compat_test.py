# SPDX-License-Identifier: Apache-2.0
"""Our engine against Microsoft SEAL, as npm's node-seal 6.0.3 has it in WebAssembly: random
sequences of operations, every result compared byte by byte, and every object read and written both
ways. The table of cases is printed at the end of the run."""

import json
import os
import pathlib
import subprocess

import pytest

from support.processes import ROOT, helper_program

FOLDER = pathlib.Path(__file__).resolve().parent
NODE = ROOT / "build" / "node" / "bin" / "node"
NODE_SEAL = ROOT / "build" / "node" / "node_modules" / "node-seal" / "throws_wasm_node_umd.js"
OPERATIONS = ("add", "subtract", "negate", "multiply", "square", "relinearise", "switch_modulus",
              "add_plain", "subtract_plain", "multiply_plain", "rotate")
OBJECTS = ("ciphertext", "plaintext", "public_key", "relinearisation_keys", "galois_keys")


def run_node(script, *arguments, timeout_s, env=None):
    """The last line of what a script printed, as JSON, and the lines before it."""
    if not NODE_SEAL.is_file():
        raise FileNotFoundError(f"{NODE_SEAL} is not there: ./run test installs it")
    done = subprocess.run(
        [str(NODE), str(FOLDER / script), helper_program("seal_engine"), str(NODE_SEAL),
         *map(str, arguments)], capture_output=True, text=True, timeout=timeout_s, check=False,
        env={**os.environ, **(env or {})})
    assert done.returncode == 0, done.stderr[-4000:]
    *table, last = done.stdout.rstrip("\n").split("\n")
    return json.loads(last), table


def differential(seed, sequences, closing_line, timeout_s, env=None):
    counts, table = run_node("differential.js", seed, sequences, timeout_s=timeout_s, env=env)
    assert sum(counts["sequences"].values()) >= sequences
    for operation in OPERATIONS:
        assert counts["operation"].get(operation, 0) * 100 >= sequences, operation
    for kind in OBJECTS:
        for mode in ("none", "zlib", "zstd"):
            assert counts["format"][f"{kind}, SEAL {mode} to us"] > 0
            assert counts["format"][f"{kind}, our {mode} to SEAL"] > 0
    closing_line("")
    closing_line(f"node-seal 6.0.3 and the engine agree, seed {seed}: cases")
    for line in table:
        closing_line("  " + line)
    return counts


@pytest.mark.slow
def test_random_sequences_agree(seed, closing_line):
    differential(seed, 1000, closing_line, timeout_s=600)


def test_seal_agrees_with_masked_columns_and_loses_its_key(seed, closing_line):
    counts, _ = run_node("columns_and_attack.js", seed, timeout_s=300)
    assert counts == {"chunks decrypted by SEAL": 6,
                      "squares by SEAL equal to S_xx, hint and total": 6,
                      "units added by SEAL equal to the total": 4,
                      "key coefficients of SEAL read by the published attack": 8192}
    for name, count in counts.items():
        closing_line(f"  {name:<54} {count:8}")


@pytest.mark.long
@pytest.mark.parametrize("kernels", ["portable", None])
def test_ten_thousand_sequences_agree(seed, closing_line, kernels):
    # A process for each thousand: SEAL in WebAssembly aborts after some 1,400 sequences in one.
    sequences, decryptions = 0, 0
    for part in range(10):
        counts = differential(int(seed) + 1 + part, 1000, lambda line: None, timeout_s=1200,
                              env={"CRYPTONET_KERNELS": kernels} if kernels else None)
        sequences += sum(counts["sequences"].values())
        decryptions += counts["decryption"]["the same plaintext on both sides"]
    assert sequences >= 10000
    closing_line(f"node-seal 6.0.3 and the engine agree ({kernels or 'fastest'} kernels): "
                 f"{sequences} sequences, {decryptions} decryptions")
