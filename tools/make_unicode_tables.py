#!/usr/bin/env python3
"""Prints src/base/unicode_tables.inc: which characters are of which kind, as Python's Unicode data
has it. Run it as  tools/make_unicode_tables.py > src/base/unicode_tables.inc  and build."""
import sys
import unicodedata


def members(predicate):
    return [code for code in range(sys.maxunicode + 1) if predicate(chr(code))]


def runs(codes):
    """Runs (first, last, step), greedily; single steps of 2 are alternating cases."""
    out = []
    for code in codes:
        if out:
            first, last, step = out[-1]
            if step == 0 and code - last in (1, 2):
                out[-1] = (first, code, code - last)
                continue
            if step and code - last == step:
                out[-1] = (first, code, step)
                continue
        out.append((code, code, 0))
    return [(first, last, step or 1) for first, last, step in out]


TABLES = {
    "kLowerCaseLetters": lambda c: unicodedata.category(c) == "Ll",
    "kUpperCaseLetters": lambda c: unicodedata.category(c) == "Lu",
    "kDecimalDigits": lambda c: unicodedata.category(c) == "Nd",
    "kPunctuationAndSymbols": lambda c: unicodedata.category(c)[0] in "PS",
    "kHasLowerCaseForm": lambda c: c.lower() != c,
}

print(f"// Made by tools/make_unicode_tables.py from Unicode {unicodedata.unidata_version}.")
print("// clang-format off")
for name, predicate in TABLES.items():
    print(f"constexpr Run {name}[] = {{")
    line = ""
    for first, last, step in runs(members(predicate)):
        item = f"{{0x{first:x},0x{last:x},{step}}},"
        if len(line) + len(item) > 98:
            print("  " + line)
            line = ""
        line += item
    print("  " + line)
    print("};")
