"""The client: one object, a noun an attribute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from acai_jupyter.client.files import Files
from acai_jupyter.client.filesets import Filesets
from acai_jupyter.client.grid_quotes import GridQuote
from acai_jupyter.client.grids import Grids
from acai_jupyter.client.job import Job
from acai_jupyter.client.jobs import Jobs
from acai_jupyter.client.metadata import MetadataKeys
from acai_jupyter.client.people import Projects, Users
from acai_jupyter.client.profiles import Profiles
from acai_jupyter.client.provenance import Provenance
from acai_jupyter.client.quotes import Quote, limits, numbers
from acai_jupyter.client.records import Capacity, Identity, record
from acai_jupyter.client.search import Search
from acai_jupyter.client.secrets import Secrets
from acai_jupyter.client.storage import Storage
from acai_jupyter.client.transport import Transport

if TYPE_CHECKING:
    import pandas as pd

_LONG_SECONDS: Final = 600.0


class Client:
    """Speaks with one platform on behalf of one user. Get one from `acai_jupyter.connect()`.

    `files`, `filesets`, `jobs`, `grids`, `profiles`, `metadata`, `provenance`, `storage`, `secrets`, `projects`, `users` hold
    the verbs of each noun.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._search = Search(transport)
        self.files = Files(transport)
        self.filesets = Filesets(transport)
        self.jobs = Jobs(transport)
        self.profiles = Profiles(transport, self.jobs)
        self.grids = Grids(transport)
        self.metadata = MetadataKeys(transport)
        self.provenance = Provenance(transport)
        self.storage = Storage(transport)
        self.secrets = Secrets(transport)
        self.projects = Projects(transport)
        self.users = Users(transport)

    @property
    def url(self) -> str:
        """Where the platform's API is."""
        return self._transport.url

    def close(self) -> None:
        """Close the connections. Leaving a `with` block does so too, and forgetting the client."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def whoami(self) -> Identity:
        """Who this client speaks for: `.name`, `.project`, `.role`."""
        return record(Identity, self._transport.get("/whoami"))

    def server(self) -> dict[str, Any]:
        """The platform's version, and what its launcher can hold and enforce."""
        return dict(self._transport.get("/server"))

    def capacity(self) -> Capacity:
        """What jobs can have here, what they have now, and which of their resources they can't exceed."""
        return record(Capacity, self._transport.get("/capacity"))

    def find(
        self,
        kind: str,
        query: str = "",
        *,
        order_by: str | list[str] | None = None,
        limit: int | None = None,
        columns: list[str] | None = None,
        latest: bool = False,
    ) -> pd.DataFrame:
        """The `files`, `filesets` or `jobs` that match a query, as a DataFrame with typed columns.

        `client.find("filesets", 'model == "BERT" and precision > 0.5', order_by="-precision")`; `job.KEY` asks about the
        job that made a file or file set. Without an order the newest come first; `-` before a key means descending.
        `latest` looks only at latest versions. `limit` is how many rows there are at most: 1,000, with a warning where more
        match. `frame.attrs["truncated"]` says whether more do.

        Raises InvalidQuery.
        """
        return self._search.find(kind, query, order_by=order_by, limit=limit, columns=columns, latest=latest)

    def count(self, kind: str, query: str = "", *, latest: bool = False) -> int:
        """How many match. Raises InvalidQuery."""
        return self._search.count(kind, query, latest=latest)

    def max(self, kind: str, key: str, query: str = "") -> Any:
        """The greatest value of a key among what matches, None where there is none. NaN and infinities don't count."""
        return self._search.extreme(kind, key, query, greatest=True)

    def min(self, kind: str, key: str, query: str = "") -> Any:
        """The least value of a key among what matches, None where there is none."""
        return self._search.extreme(kind, key, query, greatest=False)

    def autoprovision(
        self,
        profile: str,
        values: Sequence[float],
        *,
        max_time: str | float | None = None,
        max_cost: float | None = None,
        confidence: float | None = None,
        enforce: bool = False,
        name: str | None = None,
        output: str | None = None,
        output_path: str | None = None,
        timeout: str | float | None = None,
    ) -> Job:
        """Submit a job of a profile's template with these values, on the resources that are fastest under `max_cost`, cheapest
        under `max_time` or both, else the cheapest of all (paper 4.2.4). `enforce` ends the job at the bound, `timeout`
        (seconds, or text such as `2h`) where that comes first; without one the profile's is taken.
        `client.profiles.get(profile).quote(…)` tells the choice without submitting.

        Raises ProfileNotFound, ProfileNotFitted, BoundNotMet, and what `jobs.submit` raises; nothing is submitted then.
        """
        job = {"name": name, "output": output, "output_path": output_path, "timeout": timeout}
        asked = {"profile": profile, "values": numbers("values", values), "enforce": enforce, "job": job}
        answer = self._transport.post("/autoprovision", {**asked, **limits(max_time, max_cost, confidence)}, creates=True)
        return Job(self._transport, answer["job"])

    def quote(
        self,
        command: str | Sequence[str],
        *,
        max_time: str | float | None = None,
        max_cost: float | None = None,
        confidence: float | None = None,
        **submission: Any,
    ) -> Quote:
        """What a job would take and cost, before it is submitted: the resources that `jobs.submit` would give it under the same
        bounds (`max_time` in seconds, or text such as `20m`; `max_cost` in dollars; met with `confidence`, by default 0.9), why,
        and what comes near. Takes the keywords of `jobs.submit`; resources that are named are kept to.

        Raises ProfileNotFound where no profile knows this command with this input and code, as nothing is guessed;
        ProfileNotFitted, ResourcesOutOfBounds, and what `jobs.submit` raises for a submission that can't be.
        """
        asked = {"job": self.jobs.wanted(command, **submission), **limits(max_time, max_cost, confidence)}
        return Quote(self._transport.post("/quotes", asked))

    def quote_grid(
        self,
        command: str | Sequence[str],
        *,
        max_time: str | float | None = None,
        max_cost: float | None = None,
        confidence: float | None = None,
        **submission: Any,
    ) -> GridQuote:
        """What a grid would take and cost, before it is submitted: the resources that `jobs.submit_grid` would give each of its
        jobs under the same bounds (`max_time` is each job's, `max_cost` that of all together), and the range of what all cost.
        Takes the keywords of `jobs.submit_grid`.

        Raises what `quote` raises; ProfileNotFound, too, where the jobs read what another grid's rows write.
        """
        asked = {**self.jobs.wanted_grid(command, **submission), **limits(max_time, max_cost, confidence)}
        return GridQuote(self._transport.post("/grids/quote", asked, timeout_s=_LONG_SECONDS))

    def __repr__(self) -> str:
        return f"<ACAI client of {self.url}>"
