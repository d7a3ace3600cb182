"""The speed of an echo through a function: one message after the other on one connection, and many connections at once."""

import statistics
import threading
import time

from behaviours import connect


def latency(emulator, route, count):
    """The median and the 99th percentile of `count` echoes in milliseconds, after a few that are not counted."""
    times = []
    with connect(emulator) as client:
        for number in range(count + 20):
            start = time.perf_counter()
            client.ask({"action": route, "number": number})
            if number >= 20:
                times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


#: How long clients send before their echoes count, in seconds: emulators start processes under load.
WARM_UP = 5


def throughput(emulator, route, clients, seconds):
    """Echoes a second over all clients, each of which sends its next message when it has the answer to the last."""
    counts, failures = [0] * clients, []
    ready = threading.Barrier(clients + 1)
    start = end = 0.0

    def run(index):
        try:
            with connect(emulator) as client:
                client.ask({"action": route})
                ready.wait(60)
                while time.monotonic() < end:
                    client.ask({"action": route})
                    counts[index] += time.monotonic() >= start
        except Exception as error:  # noqa: BLE001 - whatever it is, the measurement is void
            failures.append(error)
            ready.abort()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(clients)]
    for thread in threads:
        thread.start()
    start = time.monotonic() + 60
    end = start + seconds
    ready.wait(60)
    start = time.monotonic() + WARM_UP
    end = start + seconds
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(counts) / seconds
