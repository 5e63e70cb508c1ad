"""A polluted file is loaded or refused, never crashes, and every one of its rows is loaded, rejected or left out with a reason."""

from __future__ import annotations

from pathlib import Path

from tests.spec.sources import pollution

#: python -m benchmarks polluted_csv takes 2,000. 1054: a total below a blank line was counted as a footer too.
SEEDS = (*range(0, 300, 15), 1054)


def test_every_row_of_a_polluted_file_is_accounted_for(tmp_path: Path) -> None:
    for seed in SEEDS:
        polluted = pollution.pollute(seed)
        outcome = pollution.try_load(polluted.content, tmp_path, inspect=seed % 60 == 0)
        assert not outcome.fault, f"seed {seed} ({', '.join(polluted.faults)}): {outcome.fault}"


def test_a_lost_line_is_noticed() -> None:
    assert pollution.find_lost_line(b"a,b\n1,2\n3,4\n", {2, 3}) == ""
    assert pollution.find_lost_line(b"a,b\n1,2\n3,4\n", {2}) == "line 3 is in no table: '3,4'"
    assert pollution.find_lost_line(b'a,b\n1,"2\n3",4\n', {2}) == ""
