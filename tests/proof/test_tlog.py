#!/usr/bin/env python3
"""test_tlog BUSBARCTL MAKE_VENUE - a program that knows nothing of busbar checks our log: Go's
reference code (Debian: golang-go, golang-golang-x-mod-dev), over an export that is served."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from proof_venue import Server, Venue  # noqa: E402

BUSBARCTL = str(pathlib.Path(sys.argv[1]).resolve())
MAKE_VENUE = str(pathlib.Path(sys.argv[2]).resolve())
HERE = pathlib.Path(__file__).parent
GOPATH = "/usr/share/gocode"
TAMPERED_LEAST = 10


def build(folder):
    """Builds the checker from Debian's sources: no network, no module proxy."""
    if shutil.which("go") is None:
        skip("there is no go; apt-get install golang-go")
    if not os.path.isdir(f"{GOPATH}/src/golang.org/x/mod/sumdb/tlog"):
        skip("there is no sumdb/tlog; apt-get install golang-golang-x-mod-dev")
    program = folder / "tlog_check"
    subprocess.run(["go", "build", "-o", program, HERE / "tlog_check.go"], check=True,
                   env={**os.environ, "GO111MODULE": "off", "GOPATH": GOPATH, "GOFLAGS": "",
                        "GOPROXY": "off", "GOCACHE": str(folder / "cache")})
    return program


def skip(why):
    print(f"SKIPPED: {why}", file=sys.stderr)
    sys.exit(77)


def check(program, venue, size, before):
    """One round: exports, serves, and hands everything to the stranger."""
    export = venue.root / "export"
    old = venue.root / "old"
    if before == 0:
        venue.run("ledger", "export", export)
        shutil.copy(export / "checkpoint", old)
        return
    told = venue.run_json("ledger", "export", export)
    assert told["size"] == size and told["before"] == before, told
    receipt = venue.root / "receipt.json"
    consistency = venue.root / "consistency.json"
    consistency.write_text(venue.run("-j", "ledger", "consistency", before, size))
    # One that did something, so that its outcome can be changed.
    number = next(n for n in range(size * 2 // 3, size)
                  if venue.receipt(n)["input"]["type"] == "packet" and venue.receipt(n)["events"])
    venue.run("ledger", "proof", number, "--out", receipt)
    with Server(BUSBARCTL, export) as server:
        done = subprocess.run([program, server.url, told["vkey"], receipt, consistency, old],
                              text=True, capture_output=True)
    print(f"from {before} to {size}, receipt {number}:\n{done.stdout}", flush=True)
    assert done.returncode == 0, done
    refused = [line for line in done.stdout.splitlines() if line.startswith("refused ")]
    assert len(refused) >= TAMPERED_LEAST
    shutil.copy(export / "checkpoint", old)


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="busbar-tlog-"))
    try:
        program = build(folder)
        with Venue(MAKE_VENUE, BUSBARCTL) as venue:
            before = 0
            for count in (300, 11, 457, 1200):
                size = venue.grow(count)
                check(program, venue, size, before)
                before = size
    finally:
        shutil.rmtree(folder)


main()
