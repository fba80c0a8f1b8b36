"""Every benchmark, one after the other, each printing its table:  python -m tests.benchmarks [--full]

Exit code 1 where one of them misses a target.
"""

import subprocess
import sys

BENCHMARKS = ("bench_step", "bench_plan", "bench_cache", "bench_window", "bench_pictures")


def main() -> int:
    failed = 0
    for name in BENCHMARKS:
        print(f"\n{name}", flush=True)
        more = sys.argv[1:] if name == "bench_step" else []
        failed |= subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}", *more], check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
