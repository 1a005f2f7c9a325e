"""Text that people wrote, on its way into a file that a spreadsheet will open."""


def guarded(text: str) -> str:
    """Put an apostrophe before text that a spreadsheet would take for a formula, or that looks as if it had one."""
    return f"'{text}" if text.lstrip("'").startswith(("=", "+", "-", "@", "\t", "\r")) else text
