"""Reads what two runs of `stream` say of their memory: each within 5 % of its formula, and both alike."""
import re
import sys

found = re.findall(r"process: (\d+) bytes, ([\d.]+) of the formula and the (\d+) bytes", sys.stdin.read())
print(found)
assert len(found) == 2
for process, share, before in found:
    assert int(process) > 5 * int(before), "too small to measure a process with"
    assert 0.95 < float(share) < 1.05, share
assert abs(int(found[0][0]) - int(found[1][0])) < 0.02 * int(found[0][0])
