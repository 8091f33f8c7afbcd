#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A gatekeeper with many TLS connections that all ask: how long an answer that was kept takes, and
how many a second there can be. Each connection asks, waits a random while (exponential with mean
PAUSE), and asks again; CONNECTIONS / PAUSE is the load. Load program, gatekeeper and cloud share
this machine's processors. Every answer is compared with the first one."""

import argparse
import json
import os
import pathlib
import subprocess
import time

from whole_programs import fresh_folder, run, write_results
from support import flow, processes

SQL = flow.QUESTION.format("t")
TICKS = os.sysconf("SC_CLK_TCK")


def thread_times(pid):
    """{thread id: (name, seconds of processor time)}"""
    times = {}
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        text = (task / "stat").read_text()
        fields = text[text.rindex(")") + 2:].split()
        name = text[text.index("(") + 1:text.rindex(")")]
        times[int(task.name)] = (name, (int(fields[11]) + int(fields[12])) / TICKS)
    return times


class Watch:
    """Processor time of the gatekeeper's threads while it is open, and its memory at the end."""

    def __init__(self, server):
        self.pid = server.process.pid

    def __enter__(self):
        self._before = thread_times(self.pid)
        self._begun = time.monotonic()
        return self

    def __exit__(self, *_):
        wall = time.monotonic() - self._begun
        now = thread_times(self.pid)
        spent = [(name, seconds - self._before.get(thread, (name, 0))[1])
                 for thread, (name, seconds) in now.items()]
        self.processors = sum(seconds for _, seconds in spent) / wall
        self.busiest = max(seconds for _, seconds in spent) / wall
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.split("\n") if line.startswith("VmRSS"))
        self.memory_mib = int(line.split()[1]) / 1024


class Gateway:
    """A platform with one published table and many machines that may ask about it."""

    def __init__(self, folder, machines):
        self.folder = folder
        self.flow = flow.Flow(folder)
        self.platform = self.flow.platform
        self.flow.publish("t")
        self.homes = [self.flow.researcher.home]
        for number in range(1, machines):
            self.homes.append(self.platform.join("researcher", f"person-{number}").home)
        self.machines = folder / "machines"
        self.machines.touch(mode=0o600)
        self.machines.write_text("".join(
            f"{home} {(home / 'session').read_text().strip()}\n" for home in self.homes))
        answer = self.flow.researcher.query(SQL).json()
        self.expected = '"rows":' + json.dumps(answer["rows"], separators=(",", ":"))

    def load(self, connections, pause_s, seconds):
        """The figures of one load."""
        program = processes.helper_program("gateway_load")
        body = json.dumps({"sql": SQL, "explain": False, "cache": True})
        with Watch(self.platform.gatekeeper) as watch:
            done = subprocess.run(
                [program, self.platform.gatekeeper.url, self.machines, str(connections),
                 str(pause_s), str(seconds), body, self.expected],
                capture_output=True, text=True, check=False, timeout=seconds + 300)
        if done.returncode != 0:
            raise RuntimeError(f"gateway_load ended with {done.returncode}: {done.stderr}")
        return {**json.loads(done.stdout), "processors": watch.processors,
                "busiest_thread": watch.busiest, "memory_mib": watch.memory_mib}


HEAD = ("connections", "held", "asked/s", "p50 ms", "p99 ms", "p99.9 ms", "longest", "errors",
        "gatekeeper CPUs", "busiest thread", "load CPUs", "MiB", "handshakes/s")


def line(figures):
    errors = ", ".join(f"{count} {what}" for what, count in figures["errors"].items()) or "none"
    cells = (figures["connections"], figures["held"], f"{figures['per_s']:.0f}",
             f"{figures['p50_ms']:.1f}", f"{figures['p99_ms']:.1f}", f"{figures['p999_ms']:.1f}",
             f"{figures['max_ms']:.0f}", errors, f"{figures['processors']:.2f}",
             f"{figures['busiest_thread']:.2f}", f"{figures['own_cpu']:.2f}",
             f"{figures['memory_mib']:.0f}", f"{figures['held'] / figures['opened_s']:.0f}")
    return "| " + " | ".join(map(str, cells)) + " |"


def main():
    parser = argparse.ArgumentParser(prog="./run bench --gateway", description=__doc__)
    parser.add_argument("--connections", type=int, nargs="+", default=[1000])
    parser.add_argument("--pause", type=float, nargs="+", default=[10, 5, 3, 2, 1.5, 1],
                        help="mean seconds between an answer and the next question")
    parser.add_argument("--seconds", type=float, default=20, help="of each load")
    parser.add_argument("--machines", type=int, default=25)
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    results = []
    with fresh_folder("gateway") as folder:
        gateway = Gateway(folder, options.machines)
        print("| " + " | ".join(HEAD) + " |\n|" + "---|" * len(HEAD))
        try:
            for connections in options.connections:
                for pause_s in options.pause:
                    results.append(gateway.load(connections, pause_s, options.seconds))
                    print(line(results[-1]), flush=True)
        finally:
            gateway.platform.stop()
    write_results(options.json, "gateway", results)
    return 0


if __name__ == "__main__":
    run(main)
