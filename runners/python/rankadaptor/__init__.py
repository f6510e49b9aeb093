"""The search engine of RankAdaptor for programs that evaluate by themselves.

    import rankadaptor

    space = {f"layer {i}": [2, 4, 8] for i in range(12)}
    study = rankadaptor.Study(space, "study.db", direction="minimize")
    for _ in range(50):
        trial = study.ask()
        study.tell(trial, loss(trial.values))
    print(study.best)

Run it again and the study goes on: everything is in `study.db`.
"""

from rankadaptor._engine import version as __version__
from rankadaptor._study import (
    Best,
    Constraint,
    Exhausted,
    Parameter,
    Recommendation,
    Source,
    Study,
    Table,
    ToldTrial,
    Trial,
)

__all__ = ["Best", "Constraint", "Exhausted", "Parameter", "Recommendation",
           "Source", "Study", "Table", "ToldTrial", "Trial", "__version__"]
