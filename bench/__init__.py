"""Measurements: `make bench NAME=queue` runs `bench/queue.py`. How they are written is in `bench/measure.py`."""
