# SPDX-License-Identifier: Apache-2.0
"""`cryptonet eval`: real encryption behind a small calculation, and what it refuses."""

import random
import re

import pytest

from support.processes import run_program

USAGE, REFUSED = 2, 4
HALF = 562949952798721 // 2
FINGERPRINT = re.compile(r"[0-9a-f]{16}")


def evaluate(*arguments, **options):
    return run_program("cryptonet", "eval", *arguments, **options)


def test_five_and_six():
    text = evaluate("5 + 6").stdout
    assert text.endswith("->  11\n")
    assert len(FINGERPRINT.findall(text)) >= 6
    document = evaluate("5 + 6", "--format", "json").json()
    assert [operand["value"] for operand in document["operands"]] == [5, 6]
    assert document["result"]["value"] == 11
    assert document["operations"][0]["operation"] == "add"
    assert document["parameters"]["security_bits"] >= 128


def test_fingerprints_tie_the_operations_together():
    document = evaluate("(2 + 3) x 4 x (1 - 7)", "--format", "json").json()
    known = {operand["fingerprint"] for operand in document["operands"]}
    assert len(known) == 5
    for operation in document["operations"]:
        assert set(operation["operands"]) <= known
        known.add(operation["result"])
    assert document["operations"][-1]["result"] == document["result"]["fingerprint"]
    assert all(FINGERPRINT.fullmatch(fingerprint) for fingerprint in known)
    assert document["result"]["value"] == -120
    assert [step["operation"] for step in document["operations"]].count("multiply") == 2


def test_the_same_number_is_another_ciphertext_each_time():
    seen = set()
    for _ in range(2):
        document = evaluate("7 + 7", "--format", "json").json()
        seen |= {operand["fingerprint"] for operand in document["operands"]}
        seen.add(document["result"]["fingerprint"])
    assert len(seen) == 6


def test_random_expressions_equal_the_integers(seed):
    random_numbers = random.Random(int(seed))
    for _ in range(5):
        a, b, c, d = (random_numbers.randint(-30000, 30000) for _ in range(4))
        text = f"({a} - {b}) x {c} * ({d} + 1) - {b}"
        value = evaluate("--", text, "--format", "json") if text.startswith("-") else \
            evaluate(text, "--format", "json")
        assert value.json()["result"]["value"] == (a - b) * c * (d + 1) - b


def test_the_range_is_that_of_the_plaintext_modulus():
    assert evaluate(f"{HALF}", "--format", "json").json()["result"]["value"] == HALF
    for text, rule in ((f"{HALF} + 1", "eval.range"), (f"{HALF + 1}", "eval.range"),
                       ("9999999999 x 9999999999", "eval.range"), ("1x2x3x4", "eval.factors")):
        outcome = evaluate(text, "--format", "json", expect=REFUSED)
        assert outcome.json()["error"]["rule"] == rule


@pytest.mark.parametrize("text,column,word", [
    ("5 +", 4, "a number is missing at the end"), ("5 + + 6", 5, "a number is missing here"),
    ("(5 + 6", 1, "never closed"), ("5 + 6)", 6, "nothing opened"), ("5 & 6", 3, "no meaning"),
    ("1.5 + 1", 2, "whole numbers"), ("", 1, "missing"), ("5 5", 3, "operator is missing")])
def test_the_place_of_an_error_is_shown(text, column, word):
    outcome = evaluate(text, expect=USAGE)
    assert outcome.stdout == ""
    assert word in outcome.stderr
    lines = outcome.stderr.split("\n")
    assert lines[0] == "  " + text
    assert lines[1] == " " * (column + 1) + "^"
    error = evaluate(text, "--format", "json", expect=USAGE).json()["error"]
    assert (error["line"], error["column"]) == (1, column)


def test_explain_shows_fingerprints_and_no_number():
    text = evaluate("123456 x 654321", "--explain").stdout
    mine, clouds = text.split("What a cloud would see")
    assert "123456" in mine and str(123456 * 654321) in mine
    assert "123456" not in clouds and "654321" not in clouds
    assert str(123456 * 654321) not in clouds
    assert set(FINGERPRINT.findall(clouds)) <= set(FINGERPRINT.findall(mine))
    for word in ("multiply", "relinearis", "bits of security", "MB", "noise below"):
        assert word in clouds
    view = evaluate("2 x 3", "--explain", "--format", "json").json()["cloud"]
    assert all(value["noise_bound_bits"] < value["modulus_bits"] for value in view["values"])
