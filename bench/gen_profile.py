#!/usr/bin/env python3
"""gen_profile - turns the CSV files of standard load profiles into one C file of tables.

usage: gen_profile.py OUT.c H25.csv G25.csv L25.csv P25.csv S25.csv
"""
import csv
import sys
from decimal import Decimal

MONTHS, DAY_TYPES, QUARTERS = 12, ("SA", "FT", "WT"), 96


def read(path):
    """Returns [quarter][month x day type], Wh for 1,000,000 kWh a year."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    head, values = rows[1], rows[2:]
    if head[1:] != list(DAY_TYPES) * MONTHS or len(values) != QUARTERS:
        raise SystemExit(f"{path}: not a profile of {QUARTERS} quarter-hours")
    table = []
    for row in values:
        if len(row) != 1 + MONTHS * len(DAY_TYPES):
            raise SystemExit(f"{path}: {row[0]} has {len(row)} fields")
        wh = [Decimal(text) * 1000 for text in row[1:]]
        if any(value != int(value) for value in wh):
            raise SystemExit(f"{path}: {row[0]} is finer than 1 Wh")
        table.append([int(value) for value in wh])
    return table


def block(table):
    for month in range(MONTHS):
        yield "\t\t{\n"
        for kind in range(len(DAY_TYPES)):
            column = [table[quarter][month * len(DAY_TYPES) + kind] for quarter in range(QUARTERS)]
            yield "\t\t\t{\n"
            for start in range(0, QUARTERS, 12):
                yield "\t\t\t\t" + " ".join(f"{v}," for v in column[start:start + 12]) + "\n"
            yield "\t\t\t},\n"
        yield "\t\t},\n"


def main():
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write("/* Made by gen_profile.py: do not edit. */\n#include \"bench/gen_profile.h\"\n\n"
                  "const int32_t gen_profile_table[GEN_PROFILES][12][GEN_DAY_TYPES][GEN_QUARTERS]"
                  " = {\n")
        for path in sys.argv[2:]:
            out.write("\t{\n")
            out.writelines(block(read(path)))
            out.write("\t},\n")
        out.write("};\n")


main()
