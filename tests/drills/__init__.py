"""Security and reliability drills: each measures one goal and shows with a planted defect that it would notice a failure.

    make drills [ONLY=R7,S3] [SEED=1]

They take about two hours on two cores and are not part of `make test`.
"""
