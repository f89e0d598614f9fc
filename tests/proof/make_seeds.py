#!/usr/bin/env python3
"""make_seeds BUSBARCTL MAKE_VENUE - writes corpus_receipt/ and corpus_note/ anew and prints the
vkey for receipt_drive.h.

Not part of any test: receipts that were handed out must stay valid, so new seeds are for a
new schema alone."""
import json
import pathlib
import sys

from proof_venue import Venue

HERE = pathlib.Path(__file__).parent


def write(name, text):
    (HERE / name).write_text(text)


def main():
    with Venue(sys.argv[2], sys.argv[1]) as venue:
        size = venue.grow(80, alone=True)
        folder = venue.auditor()
        receipts = [venue.receipt(number) for number in range(size)]
        packets = [r for r in receipts if r["input"]["type"] == "packet" and r["events"]]
        chosen = {"genesis": receipts[0], "checkpoint": max(packets, key=lambda r: (
            len({event["event"] for event in r["events"]}), -len(json.dumps(r)))),
                  "tick": next(r for r in receipts if r["input"]["type"] == "tick"),
                  "block": venue.receipt(packets[-1]["index"], folder=folder)}
        for name, receipt in chosen.items():
            write(f"corpus_receipt/{name}", json.dumps(receipt, separators=(",", ":")))
        told = venue.run_json("ledger", "checkpoint")
        write("corpus_note/checkpoint", told["checkpoint"])
        write("corpus_note/cosigned", told["checkpoint"] + "\u2014 witness.example/w AAAAAAAAAAA=\n")
        write("corpus_note/vkey", told["vkey"])
        write("corpus_note/tile", "tile/3/x001/x234/067.p/9")
        write("corpus_note/entries", "tile/entries/x001/000")
        print(told["vkey"])


main()
