"""One contender in a process of its own: contender.py BUILD ROW SIZE CONTENDER THREADS FOLDER, driven by lines on standard input.

Prints a line of JSON when it is ready, one for each `run SECONDS` (times of as many runs as fit, one at least), and one for `output PATH`. Processes
do not share thread pools or allocators, so a contender is measured as its users have it; whoever drives them lets one run at a time.
"""
import json
import os
import sys
import tempfile
import time

import numpy as np

import contenders
import rows


def answer(**fields):
    print(json.dumps(fields), file=channel, flush=True)


def main(build, name, size, contender, threads):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(threads)])  # also for libraries that count CPUs themselves
    row = rows.ROWS[name](**json.loads(size))
    inputs = row.inputs(np.random.default_rng(7))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        try:
            call = contenders.CONTENDERS[contender](row, inputs, int(threads), folder, build)
            output = call()
        except contenders.Unfit as reason:
            return answer(unfit=str(reason))
        except Exception as error:  # of any library: the others are still measured
            return answer(error=f"{type(error).__name__}: {str(error)[:500]}")
        answer(ready=time.perf_counter() - start)
        for line in sys.stdin:
            verb, argument = line.split(maxsplit=1)
            if verb == "output":
                np.save(argument.strip(), np.asarray(call()))
                answer(saved=True)
                continue
            times, end = [], time.perf_counter() + float(argument)
            while not times or time.perf_counter() < end:
                start = time.perf_counter()
                call()
                times.append(time.perf_counter() - start)
            answer(times=times)


if __name__ == "__main__":
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    main(*sys.argv[1:])
