"""The errors of checking, each with the exit code that the contract gives it."""

from index import UserError


class QuestionsError(UserError):
    """A questions file, BEIR folder, TREC file or earlier report cannot be used as it stands."""


class GateError(UserError):
    """A gate asks for what the report does not hold: an unknown metric, group or limit."""


class FeedbackError(UserError):
    """A mark made in the chat cannot be written or taken back."""


class StaleLabelError(UserError):
    """Labels name an article, or a text in it, that the index no longer holds."""

    exit_code = 3


class NothingEvaluatedError(UserError):
    """No question stood behind a figure, so nothing was shown to be good."""

    exit_code = 4


class CheckFailed(UserError):  # noqa: N818 - the contract's name
    """Gates failed. `summary` is one line; the full text lists the questions lost."""

    exit_code = 1

    def __init__(self, summary: str, lost: tuple[str, ...] = ()) -> None:
        super().__init__("\n  ".join((summary, *lost)))
        self.summary = summary
        self.lost = lost
