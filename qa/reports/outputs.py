"""Writes a report to the files that were asked for."""

import sys
from dataclasses import dataclass
from pathlib import Path

from qa.errors import QuestionsError
from qa.report import Report, dump
from qa.reports.html import html_page
from qa.reports.junit import junit_xml
from qa.trec import qrels_text, run_text


@dataclass(frozen=True, slots=True)
class Outputs:
    """The files to write beside the table; `json` may be - for standard output."""

    json: str | None
    junit: Path | None
    html: Path | None
    trec_run: Path | None
    trec_qrels: Path | None

    def require_folders(self) -> None:
        """Names a folder that is missing before minutes are spent, not after."""
        json = Path(self.json) if self.json not in (None, "-") else None
        for path in (json, self.junit, self.html, self.trec_run, self.trec_qrels):
            if path is not None and not path.parent.is_dir():
                raise QuestionsError(f"{path}: no folder {path.parent} to write it in (make the folder)")

    def write(self, report: Report, source: str) -> None:
        """`source` names the questions."""
        if self.json == "-":
            sys.stdout.write(dump(report.as_dict()))
        elif self.json:
            write_text(Path(self.json), dump(report.as_dict()))
        if self.junit:
            write_text(self.junit, junit_xml(report))
        if self.html:
            write_text(self.html, html_page(report, source))
        if self.trec_run:
            write_text(self.trec_run, run_text(report))
        if self.trec_qrels:
            write_text(self.trec_qrels, qrels_text(report))


def write_text(path: Path, text: str) -> None:
    """Raises QuestionsError where the file cannot be written."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise QuestionsError(f"{path}: cannot be written: {error.strerror} (name another file)") from None
