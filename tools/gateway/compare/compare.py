"""Runs the same functions in this gateway, serverless-offline and ministack, tries twenty behaviours of API Gateway on each,
measures an echo through each, and prints both as tables in Markdown.

    python3 tools/gateway/compare/compare.py

Needs Python 3.9 with venv, Node 20 with npm, and cargo. The other emulators are installed from npm and PyPI into a cache folder; nothing is
installed elsewhere. The gateway is built in release mode unless --gateway names an executable.
"""

import argparse
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import traceback

import behaviours
import emulators
import speed

NEEDS = "needed are Python 3.9 with venv, Node 20 with npm, and cargo unless --gateway names an executable"

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]


def build():
    command = ["cargo", "build", "--release", "-p", "papo-gateway"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return REPOSITORY / "target" / "release" / "gateway"


def row(*cells):
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def result(check, emulator):
    """`yes`, or what the emulator does instead."""
    try:
        check(emulator)
        return "yes"
    except AssertionError as difference:
        return f"no: {difference}"
    except Exception as error:  # noqa: BLE001 - a failure of one behaviour must not hide the others
        traceback.print_exc()
        return f"no: {error}"


def compare_behaviours(running, only):
    names = [f"{emulator.name} {emulator.version()}" for emulator in running]
    print(row("API Gateway does", *names))
    print(row(*["---"] * (len(names) + 1)))
    found = [0] * len(running)
    chosen = [entry for entry in behaviours.ALL if only in entry[0]]
    for sentence, check in chosen:
        results = [result(check, emulator) for emulator in running]
        found = [count + (said == "yes") for count, said in zip(found, results)]
        print(row(sentence, *results), flush=True)
    print(row("**together**", *(f"**{count} of {len(chosen)}**" for count in found)))


def compare_speed(running, arguments):
    names = [emulator.name for emulator in running]
    print(row("echo through a function", *names))
    print(row(*["---"] * (len(names) + 1)))
    for route, language in (("echo", "Node"), ("python", "Python")):
        measured = [measure(emulator, route, arguments) for emulator in running]
        for index, (label, digits) in enumerate((("median", 1), ("99th percentile", 1))):
            figures = [f"{values[index]:.{digits}f} ms" if values else "fails" for values in measured]
            print(row(f"{language}, {label}", *figures))
        figures = [f"{values[2]:.0f}/s" if values else "fails" for values in measured]
        print(row(f"{language}, {arguments.clients} clients", *figures), flush=True)


def measure(emulator, route, arguments):
    try:
        median, slowest = speed.latency(emulator, route, arguments.messages)
        return median, slowest, speed.throughput(emulator, route, arguments.clients, arguments.seconds)
    except Exception:  # noqa: BLE001 - the others are still measured
        traceback.print_exc()
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "papo" / "compare"
    parser.add_argument("--gateway", type=pathlib.Path, help="executable of the gateway, instead of building it")
    parser.add_argument("--cache", type=pathlib.Path, default=cache, help="folder of the other emulators (%(default)s)")
    parser.add_argument("--only", default="", metavar="TEXT", help="only behaviours whose sentence has this text")
    parser.add_argument("--no-speed", action="store_true", help="do not measure")
    parser.add_argument("--messages", type=int, default=300, help="echoes for the latency (%(default)s)")
    parser.add_argument("--clients", type=int, default=20, help="clients for the throughput (%(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="duration of the throughput (%(default)s)")
    arguments = parser.parse_args()

    tools = ["node", "npm"] + ([] if arguments.gateway else ["cargo"])
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)} not found on PATH; {NEEDS}")
    modules, python = emulators.install(arguments.cache.resolve())
    program = arguments.gateway.resolve() if arguments.gateway else build()
    running = [emulators.Gateway(program), emulators.ServerlessOffline(modules), emulators.Ministack(python)]
    try:
        for emulator in running:
            emulator.start()
        compare_behaviours(running, arguments.only)
        if not arguments.no_speed:
            load = os.getloadavg()[0]
            print(f"\n{platform.system()}, {os.cpu_count()} cores, load {load:.1f} before the measurement:\n")
            compare_speed(running, arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        for emulator in running:
            emulator.stop()


if __name__ == "__main__":
    main()
