"""Names that a file can have, and that something on its way may take for something else."""

from __future__ import annotations

LONGEST = "n" * 251 + ".txt"
DEEP = "/".join(["d" * 199] * 9 + ["e" * 195])
"""With the folder `/odd/` above it, a path of 2,000 bytes."""
NAMES = [
    *("a file", " leading", "trailing ", "it's", 'a "quote"', "$HOME", "`ls`", "a;b|c&d", "-rf", "--help", "~", "#x", "a\u2028b"),
    *("100%", "%41", "%2F", "a@b", "@", "a:1", ":", "*", "a*b?", "[x]", "{1,2}", "?", "!", "=", "+", "&", "a,b", "<x>", "^"),
    *("\U0001f600.png", "日本", "größe", "gro\u0308ße", "Case", "case", "CASE", "\u00e9", "e\u0301", "empty", "ﬁ", "\u200b"),
    *("@set:1/in", "*x/in", "%/in", "a b/c d", ".hidden", "..x", "x..", "CON", "a.b.c", LONGEST, DEEP),
]
FILES = {name: f"content of {name}" if name != "empty" else "" for name in NAMES}
