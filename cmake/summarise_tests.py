"""Prints `N passed, N failed[, N skipped]` for a JUnit report of CTest.

    summarise_tests.py REPORT CTEST_EXIT_STATUS

Ends with 1 if a test failed, did not run, or CTest itself failed.
"""

import sys
import xml.etree.ElementTree as ElementTree


def count_outcomes(report):
    """Counts test cases by outcome: [passed, failed, skipped]."""
    passed, failed, skipped = 0, 0, 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.get("status") == "run":
            passed += 1
        elif case.get("status") == "disabled" or is_skip(case):
            skipped += 1
        else:
            failed += 1
    return passed, failed, skipped


def is_skip(case):
    """A test that could not be started counts as failed, not as skipped."""
    reason = case.find("skipped")
    return reason is not None and reason.get("message", "").startswith("SKIP_")


def main():
    report, ctest_status = sys.argv[1], int(sys.argv[2])
    try:
        passed, failed, skipped = count_outcomes(report)
    except (OSError, ElementTree.ParseError) as error:
        print(f"CTest wrote no report: {error}")
        passed, failed, skipped = 0, 1, 0
    if ctest_status != 0 and failed == 0:
        print(f"CTest ended with {ctest_status} although no test failed")
        failed = 1
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
