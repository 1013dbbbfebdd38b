"""Takes the output folder home: as the job's output, or kept with the job."""

from __future__ import annotations

import math
from collections.abc import Sequence

from acai_agent.config import Config
from acai_agent.contract import ContractBroken, Manifest
from acai_agent.failures import Cancelled, HttpError, RequestFailed, Signal
from acai_agent.http import Http
from acai_agent.inputs import home_of
from acai_agent.notes import note
from acai_agent.orders import Orders
from acai_agent.outcome import OUTPUT, Outcome
from acai_agent.output import collect_output
from acai_agent.platform import MustLeave, PatientCaller, Platform
from acai_agent.steps import Steps
from acai_agent.transfer import LocalFile, TransferError, disk_headers, upload

_SESSION_GONE = frozenset({"upload_not_found", "upload_not_pending"})


class Delivery:
    """The uploads of one job. An upload is only sealed: the platform commits it when it takes the report."""

    def __init__(self, platform: Platform, http: Http, config: Config, orders: Orders, steps: Steps) -> None:
        self._platform = platform
        self._http = http
        self._config = config
        self._orders = orders
        self._cancel = steps.counting(orders.cancel)
        self._leaving = steps.counting(orders.leaving)

    def bring_home(self, manifest: Manifest, outcome: Outcome) -> None:
        """Upload what lies in `output/`, and note in `outcome` what became of it. Raises MustLeave."""
        if outcome.succeeded and self._bring_result(manifest, outcome):
            return
        self.keep(outcome)

    def keep(self, outcome: Outcome) -> None:
        """Have the output folder kept with the job, whatever its end: a long job's checkpoints are worth more than its exit
        code. Raises MustLeave."""
        try:
            outcome.kept_upload = self._keep(outcome, self._leaving)
        except Cancelled:
            self._orders.check_leaving()
            raise
        except (RequestFailed, TransferError, ContractBroken, OSError) as error:
            if isinstance(error, MustLeave):
                raise
            outcome.add(f"The output folder could not be kept: {error}")

    def _bring_result(self, manifest: Manifest, outcome: Outcome) -> bool:
        """Take the output of a command that ended well; False where that didn't come about."""
        try:
            if manifest.output_path is None:
                outcome.kept_upload = self._keep(outcome, self._cancel)
            else:
                outcome.output_upload = self._publish(manifest.output_path, outcome)
        except Cancelled:
            self._orders.check_leaving()
            outcome.ended = self._orders.how
            return False
        except (RequestFailed, TransferError, ContractBroken, OSError) as error:
            if isinstance(error, MustLeave):
                raise
            outcome.fail(OUTPUT, f"The output could not be brought home: {error}")
            return False
        return True

    def _publish(self, output_path: str, outcome: Outcome) -> str | None:
        output = collect_output(self._config.output, self._cancel)
        if output.unfit:
            raise TransferError("these files can't be taken into the lake: " + _listed(output.unfit))
        if output.not_taken:
            outcome.add("Not taken from output/: " + _listed(output.not_taken))
        folder = output_path if output_path.endswith("/") else output_path + "/"
        files = [file._replace(path=folder + file.path) for file in output.files]
        return self._upload(files, "output", self._cancel)

    def _keep(self, outcome: Outcome, cancel: Signal) -> str | None:
        output = collect_output(self._config.output, cancel)
        left_out = output.not_taken + output.unfit
        if left_out:
            outcome.add("Not taken from output/: " + _listed(left_out))
        return self._upload(output.files, "snapshot", cancel)

    def _upload(self, files: Sequence[LocalFile], purpose: str, cancel: Signal) -> str | None:
        if not files:
            return None
        try:
            return self._upload_once(files, purpose, cancel)
        except HttpError as error:
            if error.code not in _SESSION_GONE:
                raise
            note(f"The upload expired, and begins anew: {error}")
            return self._upload_once(files, purpose, cancel)

    def _upload_once(self, files: Sequence[LocalFile], purpose: str, cancel: Signal) -> str:
        caller = PatientCaller(self._platform, cancel)
        disk = disk_headers(home_of(self._config))
        sealed = upload(caller, files, purpose, cancel=cancel, commit=False, http=self._http, patience_s=math.inf, disk=disk)
        return sealed["id"]


def _listed(names: Sequence[str]) -> str:
    most = 20
    shown = ", ".join(names[:most])
    return (f"{shown} and {len(names) - most} more" if len(names) > most else shown) + "."
