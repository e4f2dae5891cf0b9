"""Results in JUnit's XML, for continuous integration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from xml.etree import ElementTree as ET

from ivr.flowtests.runner import Result


def junit(results: Sequence[Result], explain: Callable[[Result], str]) -> bytes:
    """One test suite for each file. `explain` says a failure in words; its first line is the message."""
    root = ET.Element("testsuites")
    for file, of_file in groupby(results, key=lambda result: result.test.file):
        suite_results = list(of_file)
        failures = sum(result.failure is not None for result in suite_results)
        seconds = sum(result.seconds for result in suite_results)
        counts = {"tests": str(len(suite_results)), "failures": str(failures), "errors": "0", "time": f"{seconds:.3f}"}
        suite = ET.SubElement(root, "testsuite", {"name": file, **counts})
        for result in suite_results:
            test = result.test
            attributes = {"classname": file, "file": file, "line": str(test.line), "time": f"{result.seconds:.3f}"}
            case = ET.SubElement(suite, "testcase", {"name": _allowed(test.name), **attributes})
            if result.failure:
                text = _allowed(explain(result))
                ET.SubElement(case, "failure", message=text.partition("\n")[0]).text = text
    ET.indent(root)
    xml: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return xml


def _allowed(text: str) -> str:
    """Without the characters that XML does not know."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
