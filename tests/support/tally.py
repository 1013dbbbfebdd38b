"""Jobs that tell outside of the platform that they ran, and whose every trace can be checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from acai_jupyter.client.client import Client
from acai_jupyter.client.job import Job

COUNT = 40
"""Files in the output of a job."""

WORK = f"""
echo begun >> $TALLY
for n in $(seq {COUNT}); do echo $n > output/$n; done
head -c 3000000 /dev/urandom > output/large
cat input/data/a
echo "[ACAI_TAG_NUM] fileset accuracy:0.9"
echo the last line
"""
LOG = "of the input[ACAI_TAG_NUM] fileset accuracy:0.9\nthe last line\n"


@dataclass
class Tally:
    """One job: file sets of its own name, and files outside: `tally` counts its starts, `gate` may let it go on."""

    folder: Path
    name: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def begun(self) -> int:
        """How often the command was started."""
        return len((self.folder / "tally").read_text().splitlines()) if (self.folder / "tally").exists() else 0

    def open_gate(self) -> None:
        (self.folder / "gate").touch()

    def submit(self, client: Client, command: str = WORK) -> Job:
        client.files.upload(b"of the input", "/data/a", fileset=f"In{self.name}")
        env = {"TALLY": str(self.folder / "tally"), "GATE": str(self.folder / "gate")}
        return client.jobs.submit(command, input=f"In{self.name}", output=f"Out{self.name}", env=env)

    def check(self, client: Client, job: Job, printed_before: str = "") -> None:
        """The job ran exactly once, and nothing of it is missing."""
        assert (job.status, job.exit_code, job.reason) == ("FINISHED", 0, None), job.details
        assert self.begun == 1
        assert job.logs() == printed_before + LOG
        output = f"Out{self.name}:1"
        assert job.details["output_version"] == output
        paths = {file.path for file in client.filesets.files(output)}
        assert paths == {f"/Out{self.name}/{n}" for n in range(1, COUNT + 1)} | {f"/Out{self.name}/large"}
        assert [file.version for file in client.files.versions(f"/Out{self.name}/1")] == [1]
        edges = client.provenance.backward(output).to_frame()
        assert edges[["source", "target"]].to_numpy().tolist() == [[f"In{self.name}:1", output]]
        found = client.find("filesets", f'accuracy > 0.8 and name == "Out{self.name}"')
        assert found["reference"].tolist() == [output]
