"""The table of stages as a page of the docs: `python -m voice_agent.core.diagram`."""

import sys
from collections import defaultdict

from voice_agent.core.stages import BACK, TABLE, Happening, Stage

_PAGE = """# Where a conversation is
Drawn from the table in `voice_agent/core/stages.py`, the only thing that moves a conversation on:
a pair that is not in it cannot happen. Written by
`python -m voice_agent.core.diagram > docs/states.md`; a test fails when it is stale.

```mermaid
stateDiagram-v2
    [*] --> {first}
{arrows}
    {last} --> [*]
```

From every stage but `{last}`: {everywhere}.

| happening | from | to |
|---|---|---|
{rows}
"""

_BEFORE = "the stage before the stop"


def drawn() -> str:
    """Return the page: a diagram and a table, both from `TABLE`.

    What leads to the same place from everywhere is a sentence, so that the diagram stays one.
    """
    sources: dict[tuple[Happening, Stage | None], list[Stage]] = defaultdict(list)
    for (stage, happening), target in TABLE.items():
        sources[happening, target].append(stage)
    everywhere = {key for key, stages in sources.items() if len(stages) == len(Stage) - 1}
    labels: dict[tuple[Stage, Stage], list[str]] = defaultdict(list)
    for (stage, happening), target in TABLE.items():
        if (happening, target) in everywhere or target is stage:
            continue
        labels[stage, Stage.LISTENING if target is BACK else target].append(
            f"{happening} (back)" if target is BACK else happening
        )
    return _PAGE.format(
        first=Stage.OPENING,
        last=Stage.ENDED,
        arrows="\n".join(
            f"    {stage} --> {target}: {', '.join(happenings)}"
            for (stage, target), happenings in labels.items()
        ),
        everywhere=", ".join(
            f"`{h}` leads to `{target}`" for h, target in sources if (h, target) in everywhere
        ),
        rows="\n".join(
            f"| {happening} | {', '.join(s for s in Stage if s in stages)} "
            f"| {_BEFORE if target is BACK else target} |"
            for (happening, target), stages in sources.items()
        ),
    )


if __name__ == "__main__":
    sys.stdout.write(drawn())
