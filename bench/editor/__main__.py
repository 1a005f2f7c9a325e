"""Runs the editor's measurements one after the other."""

import sys

from bench.editor import masks, regions
from bench.editor.desk import bench

PARTS = {"regions": regions.run, "masks": masks.run}


def main() -> None:
    """All parts, or those named on the command line."""
    with bench() as running:
        for name in sys.argv[1:] or PARTS:
            PARTS[name](running)


if __name__ == "__main__":
    main()
