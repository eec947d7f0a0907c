"""What a stage did that its contract does not allow."""

from __future__ import annotations


class Refused(ValueError):
    """An output, a name or a script that can't be taken.

    Attributes:
        code: of the failure that it becomes.
        field: path of the field in the output, as ``scores[2].auc``; None where it is not about one.
    """

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
