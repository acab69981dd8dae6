"""Every error a user can cause, each with the exit code that the contract gives it."""


class UserError(Exception):
    """One line for the user: what is wrong, with the value, and the fix in brackets."""

    exit_code = 2


class CorpusError(UserError):
    """The corpus cannot be read: missing, empty, or a file that is not text."""


class EncoderError(UserError):
    """The encoder cannot be loaded, or gives vectors that cannot be used."""


class QuestionError(UserError):
    """The question cannot be asked: empty, or without a letter, a digit or a character."""


class IndexFormatError(UserError):
    """The index is missing, damaged, or made by another model, format or chunking."""

    exit_code = 3
