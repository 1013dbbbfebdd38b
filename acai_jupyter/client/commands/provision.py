"""Commands about profiles, and jobs whose resources are chosen (paper 4.2.2)."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.commands.command import Argument, Command, Watched, argument
from acai_jupyter.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from acai_jupyter.client.client import Client

CONFIDENCE: Final = argument("--confidence", type=float, help="how surely the bounds are met (0.9)")
BOUND_ARGUMENTS: Final[tuple[Argument, ...]] = (
    argument("--max-time", help="seconds, or a duration such as 20m, that the job may take"),
    argument("--max-cost", type=float, help="dollars that the job may cost"),
    CONFIDENCE,
)
"""What every choice of resources takes."""
DRY_RUN: Final = argument("--dry-run", action="store_true", help="only show the choice, its alternatives, and why")
ENFORCE: Final = argument("--enforce", action="store_true", help="end the job at the bound")
_NAME: Final = argument("--template-name", metavar="NAME", help="the profile's name")
_VALUES: Final = argument("--values", nargs="+", type=float, required=True, help="a value for every hint of the template")


def profile(client: Client, given: Namespace) -> Any:
    if given.template_name is None:
        if given.command_template is not None:
            raise InvalidRequest("Name the template: acai profile --template-name NAME --command-template TEMPLATE.")
        return client.profiles.list()
    if given.command_template is None:
        found = client.profiles.get(given.template_name)
        if given.kill:
            return found.kill()
        return found.wait() if given.wait else found
    made = client.profiles.create(
        given.template_name,
        given.command_template,
        input=given.input,
        code=given.code,
        python=given.python,
        timeout=given.timeout,
        cpus=_numbers(given.cpus, "--cpus"),
        memories_mb=None if given.memories is None else [size.strip() for size in given.memories.split(",")],
        trials=given.trials,
        budget=given.budget,
        again=given.again,
    )
    return made.wait() if given.wait else made


def limits_of(given: Namespace) -> dict[str, Any]:
    """The keywords that BOUND_ARGUMENTS mean."""
    return {"max_time": given.max_time, "max_cost": given.max_cost, "confidence": given.confidence}


def predict(client: Client, given: Namespace) -> Any:
    return client.profiles.predict(given.template_name, given.values, given.cpu, given.memory, model=given.model)


def autoprovision(client: Client, given: Namespace) -> Any:
    bounds = limits_of(given)
    if given.dry_run:
        return client.profiles.get(given.template_name).quote(given.values, **bounds)
    job = client.autoprovision(
        given.template_name,
        given.values,
        enforce=given.enforce,
        name=given.name,
        output=given.output,
        output_path=given.output_path,
        timeout=given.timeout,
        **bounds,
    )
    return Watched(job) if given.wait else job


def _numbers(text: str | None, name: str) -> list[float] | None:
    """Numbers with commas between."""
    if text is None:
        return None
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InvalidRequest(f"{name} {text[:40]!r} can't be read: write numbers with commas between, like 0.5,1,2.") from None


def _required(one: Argument) -> Argument:
    return Argument(one.names, {**one.options, "required": True}, one.means)


COMMANDS: Final = (
    Command(
        ("profile",),
        "learn how long a command takes on which resources; without a template show a profile, or list them all",
        (
            _NAME,
            argument("--command-template", metavar="TEMPLATE", help="a command with hints: {1,2,5}"),
            argument("--input", metavar="FILESET", means="fileset", help="the file set below input/"),
            argument(
                "--code", metavar="FOLDER", means="file", help="the code: a folder, a file, or @FILESET (the script that it runs)"
            ),
            argument("--python", help="the interpreter that python means in the command"),
            argument("--timeout", help="seconds, or a duration such as 10m, after which a trial is ended"),
            argument("--cpus", metavar="CPU,CPU", help="vCPUs to try (0.5,1,2)"),
            argument("--memories", metavar="MB,MB", help="memories to try (512,1024,2048), also as 512MB,2GiB"),
            argument("--trials", type=int, help="run only so many, those that teach most"),
            argument("--budget", type=float, help="spend at most so many dollars, on those that teach most"),
            argument("--again", action="store_true", help="also where the same was profiled before"),
            argument("--wait", action="store_true", help="wait until the profile can predict"),
            argument("--kill", action="store_true", help="end the profile and its trials"),
        ),
        profile,
    ),
    Command(
        ("predict",),
        "the time and cost of a job of a profile's template",
        (
            _required(_NAME),
            _VALUES,
            argument("--cpu", type=float, required=True, help="vCPUs"),
            argument("--memory", required=True, help="MB, or a size such as 2GiB"),
            argument("--model", choices=["default", "log-linear"], help="the model that predicts (default)"),
        ),
        predict,
    ),
    Command(
        ("autoprovision",),
        "submit a job of a profile's template on the resources that its bounds choose",
        (
            _required(_NAME),
            _VALUES,
            *BOUND_ARGUMENTS,
            DRY_RUN,
            ENFORCE,
            argument("--name", help="a name for people"),
            argument("--output", metavar="FILESET", means="fileset", help="the file set that output/ becomes"),
            argument("--output-path", metavar="FOLDER", help="the lake's folder for the output (/NAME/)"),
            argument("--timeout", help="seconds, or a duration such as 2h, counted from RUNNING (the profile's)"),
            argument("--wait", action="store_true", help="show the log and wait for the end"),
        ),
        autoprovision,
    ),
)
