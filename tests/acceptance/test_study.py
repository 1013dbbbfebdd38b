"""The paper's second usability study: every configuration is trained, then every model is evaluated, in two calls."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

from support.servers import Server

_FULL: Final = os.environ.get("ACAI_TEST_FAULTS") == "full"
_DEPTHS: Final = "{1,2,3,4,5,6}" if _FULL else "{1,2}"
_TREES: Final = "{100,200,300,400,500,600}" if _FULL else "{100,200,300}"
_COUNT: Final = 36 if _FULL else 6

TRAIN: Final = f"sh -c 'echo $(($2 * $4)) > output/model' train --depth {_DEPTHS} --trees {_TREES}"
EVALUATE: Final = "read model < input/Model/model; echo [ACAI_TAG_NUM] fileset accuracy:$model; echo $model > output/score"


def test_configurations_are_trained_and_evaluated_in_two_calls(new_server: Callable[..., Server]) -> None:
    server = new_server(environment={"ACAI_QUOTA": "4"}).start()
    client = server.client()
    client.files.upload(b"1,2,3\n", "/data/train.csv", fileset="Train")
    train = client.jobs.submit_grid(TRAIN, name="train", input="Train", output="Model")
    evaluate = client.jobs.submit_grid(EVALUATE, name="evaluate", input=train.outputs, output="Score")
    assert evaluate.wait(600).counts == {"FINISHED": _COUNT}
    assert train.counts == {"FINISHED": _COUNT}

    table = evaluate.to_frame()
    assert table["accuracy"].tolist() == (table["depth"] * table["trees"]).tolist()
    assert table["output"].nunique() == _COUNT
    best = client.find("filesets", "accuracy > 0", order_by="-accuracy", limit=1)["reference"][0]
    trace = client.provenance.trace(best, "backward")
    assert {node.name for node in trace.nodes} == {"Score", "Model", "Train"}
    (model,) = [node for node in trace.nodes if node.name == "Model"]
    row = table.loc[table["accuracy"].idxmax()]
    (job,) = [job for job in train.jobs if job.details["output_version"] == f"Model:{model.version}"]
    assert client.metadata.get(job)["arg.depth"] == row["depth"]
    assert client.metadata.get(job)["arg.trees"] == row["trees"]
