"""Random requests by the contract: reading never fails by our fault, nor with a status it does not name."""

from __future__ import annotations

import pytest
from benchmarks.fuzzing import FAULTS_FOUND, LEFT_OUT, fuzz, serve_planted_faults

from tests.support.served import Served

pytestmark = pytest.mark.slow_proof


def test_every_read_answers_as_documented(served: Served) -> None:
    contract = f"{served.url}/api/openapi.json"
    code, output = fuzz(contract, served.token("manager"), 2, "--include-method", "GET", "--max-time", "90", *LEFT_OUT)
    assert code == 0, output


def test_control_planted_faults_are_found() -> None:
    url, faults = serve_planted_faults()
    for path in faults:
        assert fuzz(f"{url}/openapi.json", "", 5, "--include-path", path)[0] == FAULTS_FOUND, path
