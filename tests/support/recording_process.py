"""A process that writes records into a history until somebody kills it: `python -m … <data_dir> <number>`.

It prints how many it has added after every hundred. See tests/test_history_store.py.
"""

import sys
import time

from ccr_middleware.config.operation import History as Settings
from ccr_middleware.history.history import History

from .operated import record

if __name__ == "__main__":
    history = History(Settings(days=1e6), sys.argv[1])
    for number in range(1, int(sys.argv[2]) + 1):
        history.add(record(number))
        if number % 100 == 0:
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            time.sleep(0.01)
    sys.exit(0)  # what waits is written now
