#!/usr/bin/env python3
"""Prints verdicts as an aligned table.

  table.py FILE TITLE COLUMN…     FILE: a line for each cell: row, column, text and, where there is one, a reason
"""

import sys


def main():
    path, title, *columns = sys.argv[1:]
    rows, reasons = {}, {}
    with open(path) as file:
        for line in file:
            row, column, text, *reason = line.rstrip("\n").split("\t")
            rows.setdefault(row, {})[column] = text
            for why in reason:
                reasons.setdefault(why, {}).setdefault(column, []).append(row)
    table = [[title, *columns]] + [[row, *(cells.get(column, "") for column in columns)] for row, cells in rows.items()]
    widths = [max(len(line[i]) for line in table) for i in range(len(columns) + 1)]
    for line in table:
        print("  ".join(text.ljust(width) for text, width in zip(line, widths)).rstrip())
    for why, where in reasons.items():
        for column, names in where.items():
            print(f"- {column}, {', '.join(names)}: {why}")


if __name__ == "__main__":
    main()
