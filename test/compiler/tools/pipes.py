"""usage: pipes.py heddle-rt PACKAGE, for a step from 32 floats to 32: each token's result leaves before the next token comes, and while nobody
reads the results, no more tokens are taken than fit into the pipes."""
import os
import subprocess
import sys
import time

TOKEN = 128
process = subprocess.Popen([sys.argv[1], "stream", sys.argv[2], "--input", "x=raw:-", "--output", "y=raw:-"], stdin=subprocess.PIPE,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
token = os.urandom(TOKEN // 2) + bytes(TOKEN // 2)
token = bytes(b & 0x3F for b in token)  # small floats
for _ in range(3):
    os.write(process.stdin.fileno(), token)
    answer = b""
    while len(answer) < TOKEN:
        answer += os.read(process.stdout.fileno(), TOKEN - len(answer))

os.set_blocking(process.stdin.fileno(), False)
taken = refused = 0
while refused < 20 and taken < 10_000_000:  # until nothing more is taken for a while
    try:
        taken += os.write(process.stdin.fileno(), token * 8)
        refused = 0
    except BlockingIOError:
        refused += 1
        time.sleep(0.02)
assert 60_000 < taken < 1_000_000, taken
os.set_blocking(process.stdin.fileno(), True)
process.stdin.close()
assert len(process.stdout.read()) == taken // TOKEN * TOKEN
sys.exit(process.wait())
