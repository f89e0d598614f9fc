#!/usr/bin/env python3
"""Edge cases of Ed25519 that others collected: the verdict must be libsodium 1.0.18's.

usage: test_verdicts.py PROGRAM VECTORS.json.gz
"""
import gzip
import json
import subprocess
import sys


def main():
    with gzip.open(sys.argv[2]) as file:
        vectors = json.load(file)["vectors"]
    cases = [v for v in vectors if len(v["pk"]) == 64 and len(v["sig"]) == 128
             and v["libsodium_1_0_18"] is not None]
    lines = "".join(f"{v['pk']} {v['sig']} {v['msg'] or '-'}\n" for v in cases)
    answers = subprocess.run([sys.argv[1]], input=lines, text=True, check=True,
                             stdout=subprocess.PIPE).stdout.split()
    assert len(answers) == len(cases) > 3600, (len(answers), len(cases))
    wrong = [v for v, answer in zip(cases, answers)
             if set(answer) != {str(int(v["libsodium_1_0_18"]))}]
    for vector in wrong[:10]:
        print(vector["source"], vector["id"])
    valid = sum(v["libsodium_1_0_18"] for v in cases)
    print(f"{len(cases)} vectors, {valid} of them valid, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
