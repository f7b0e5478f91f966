"""Tables, for terminals and in Markdown."""

Row = tuple[str, ...]


def text(headings: Row, rows: list[Row], left: int = 1) -> str:
    """The first `left` columns begin at the left, the others end at the right."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]

    def cells(line: Row) -> str:
        parts = [
            cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        return "  ".join(parts).rstrip()

    return "\n".join(map(cells, lines)) + "\n"


def markdown(headings: Row, rows: list[Row], left: int = 1) -> str:
    """As `text`, for pages."""
    marks = tuple("---" if column < left else "---:" for column in range(len(headings)))
    return "\n".join("| " + " | ".join(line) + " |" for line in (headings, marks, *rows)) + "\n"
