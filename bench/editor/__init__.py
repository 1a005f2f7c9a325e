"""What the editor costs in real Chromium: `make bench NAME=editor`."""
