"""Settings: one list, from which the server's traitlets, the `ACAI_*` variables and the page in the docs are made."""

from __future__ import annotations

import getpass
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from acai_jupyter.domain.access import check_name
from acai_jupyter.domain.arrivals import PROGRESS_BARS
from acai_jupyter.domain.digests import PART_SIZE
from acai_jupyter.domain.errors import BackendNotBuilt, InvalidName, InvalidSetting
from acai_jupyter.domain.texts import shown
from acai_jupyter.domain.uploads import LEAST_SINGLE_BYTES, MOST_PACK_BYTES, Packing

PREFIX: Final = "ACAI_"


def _setting(default: Any, text: str) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True)
class Settings:
    """All that can be set about a platform. An empty URL means the embedded default."""

    home: str = _setting("", "The folder of the embedded platform; by default `acai` in Jupyter's data folder.")
    database_url: str = _setting(
        "",
        "Where metadata is kept: `sqlite:///path` or `postgresql://user:password@host/database`; by default `acai.db` in the"
        " home folder.",
    )
    object_store_url: str = _setting("", "Where files are kept: `file:///path`; by default `objects` in the home folder.")
    register_folders: str = _setting(
        "",
        "The folders of this machine below which data may be registered in place, as absolute paths with `:` between; by"
        " default none.",
    )
    launcher_url: str = _setting("process:", "Where jobs run: `process:` for local processes.")
    platform_url: str = _setting("", "A team's platform to which this Jupyter Server relays: not supported yet.")
    secrets_key: str = _setting(
        "",
        "The key that secrets are encrypted with (Fernet: 32 bytes in URL-safe base64), the same for all servers of a platform;"
        " of several with commas between, the first encrypts and any decrypts. By default `keys/secrets` in the home folder.",
    )
    agent_url: str = _setting("", "Where jobs reach this server; by default where it listens.")
    project: str = _setting("default", "The project of whoever Jupyter lets in.")
    user: str = _setting("", "The user's name in an embedded platform; by default the name of the login.")
    identity: str = _setting(
        "owner",
        "Whom Jupyter's own login stands for: `owner` (everyone whom this Jupyter Server lets in is its owner) or"
        " `username` (the user of the project with Jupyter's user name).",
    )
    capacity_cpu: float = _setting(0.0, "CPUs that all jobs of this machine have together; 0 for all that it has.")
    capacity_gpu: int = _setting(0, "GPUs that all jobs have together; 0 for all that CUDA can use here.")
    capacity_memory_mb: int = _setting(0, "Memory in MB that all jobs have together; 0 for all that the machine has.")
    input_cache_bytes: int = _setting(
        10 * 1024**3, "How much of the input of jobs is kept for other jobs on this machine, in bytes; 0 for nothing."
    )
    quota: int = _setting(4, "How many jobs of a user may be launching or running at once (k).")
    default_cpu: float = _setting(1.0, "vCPUs of a job that asks for none.")
    default_memory_mb: int = _setting(1024, "Memory in MB of a job that asks for none.")
    cpu_min: float = _setting(0.5, "The least vCPUs a job can have.")
    cpu_max: float = _setting(8.0, "The most vCPUs a job can have.")
    cpu_step: float = _setting(0.5, "vCPUs are given in steps of this.")
    memory_min_mb: int = _setting(512, "The least memory in MB a job can have.")
    memory_max_mb: int = _setting(8192, "The most memory in MB a job can have.")
    memory_step_mb: int = _setting(256, "Memory is given in steps of this many MB.")
    gpu_max: int = _setting(0, "The most GPUs a job can have.")
    cpu_hour_price: float = _setting(0.031611, "Base price in dollars of a vCPU-hour.")
    memory_gib_hour_price: float = _setting(0.004237, "Base price in dollars of a GiB-hour of memory.")
    gpu_hour_price: float = _setting(0.0, "Price in dollars of a GPU-hour.")
    heartbeat_seconds: float = _setting(5.0, "How often a job's agent reports that it is alive.")
    sample_seconds: float = _setting(2.0, "How often what a job uses is sampled at first; less often the longer it runs.")
    progress_bars: str = _setting(
        PROGRESS_BARS,
        "Finds progress bars in logs: a regular expression (RE2) with the groups `step` and `steps`; by default what tqdm"
        " prints.",
    )
    kill_grace_seconds: float = _setting(10.0, "How long a killed job may take to end by itself.")
    kill_upload_seconds: float = _setting(3600.0, "How long a killed job may take to bring home what it has written.")
    agent_silence_seconds: float = _setting(
        900.0,
        "How long the agent of a job may be silent: before it has claimed its job, which is launched again then, and while it"
        " brings files in or out, when it is ended, with its job. Longer than agents may be unable to reach the platform.",
    )
    agent_stuck_seconds: float = _setting(
        1800.0,
        "How long the agent of a job may get no further while it brings files in or out before it is ended, with its job. Longer"
        " than the platform may take to check an upload.",
    )
    launch_hold_seconds: float = _setting(30.0, "After how long another server tries to launch a job that was not launched.")
    tick_seconds: float = _setting(1.0, "How often the server looks for work that no event announced.")
    upload_lifetime_seconds: int = _setting(
        86_400, "After how long without a word of its client an upload that was not committed is aborted."
    )
    url_lifetime_seconds: int = _setting(3600, "How long a signed URL is valid.")
    single_min_bytes: int = _setting(
        LEAST_SINGLE_BYTES, "The least size in bytes of a file that is stored alone; smaller ones share objects, called packs."
    )
    pack_max_bytes: int = _setting(
        MOST_PACK_BYTES, "What a pack of small files holds at most, in bytes; up to 64 MiB, as packs are checked in memory."
    )
    event_retention_days: int = _setting(7, "How long events can be read again.")
    idle_timeout_seconds: int = _setting(0, "A server of its own ends after so long without requests and jobs; 0 for never.")
    webhook_private_addresses: int = _setting(
        0, "Whether webhooks may lead into private networks and to this machine; 1 for yes."
    )
    webhook_timeout_seconds: float = _setting(10.0, "How long a webhook may take to answer.")
    hand_over: int = _setting(
        1, "Whether `acai server --drain` goes on with the jobs that a Jupyter Server leaves when it stops or dies; 0 for no."
    )
    interactive_threads: int = _setting(8, "Threads that answer requests.")
    bulk_threads: int = _setting(4, "Threads that move bytes of the local object store.")
    background_threads: int = _setting(4, "Threads for work in the background.")

    @property
    def home_folder(self) -> Path:
        return _folder(self.home) if self.home else default_home()

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{quote(str(self.home_folder / 'acai.db'))}"

    @property
    def object_store(self) -> str:
        return self.object_store_url or f"file://{quote(str(self.home_folder / 'objects'))}"

    @property
    def folders_to_register(self) -> list[Path]:
        """Raises InvalidSetting."""
        folders = [Path(folder).expanduser() for folder in self.register_folders.split(os.pathsep) if folder]
        for folder in folders:
            if not folder.is_absolute():
                raise InvalidSetting(f"{variable('register_folders')} takes absolute paths, which {shown(str(folder))} is not.")
        return folders

    @property
    def user_name(self) -> str:
        return self.user or login_name()

    @property
    def packing(self) -> Packing:
        return Packing(self.single_min_bytes, self.pack_max_bytes)

    def check(self) -> None:
        """Raises InvalidSetting, naming the variable, for values that can't be."""
        for setting in fields(self):
            _check_number(setting.name, getattr(self, setting.name))
        if self.identity not in ("owner", "username"):
            raise InvalidSetting(f"{variable('identity')} must be owner or username, not {shown(self.identity)}.")
        if self.url_lifetime_seconds >= 86_400:
            raise InvalidSetting(f"{variable('url_lifetime_seconds')} must be less than a day.")
        if self.pack_max_bytes > PART_SIZE:
            raise InvalidSetting(f"{variable('pack_max_bytes')} must be at most {PART_SIZE}.")
        for low, high in _IN_ORDER:
            self._check_order(low, high)
        for name in ("project", "user"):
            _check_name(name, getattr(self, name))
        _folder(self.home)
        if self.progress_bars != PROGRESS_BARS:  # the default is not looked at: that loads RE2
            compile_bars(self.progress_bars)
        self.folders_to_register  # noqa: B018 - it raises

    def check_built(self) -> None:
        """Raises BackendNotBuilt. Needs no backend's library, so that whoever would start a server is told at once."""
        check_platform_url(self.platform_url)
        for name in ("database_url", "object_store_url", "launcher_url"):
            check_built(getattr(self, name), variable(name))

    def _check_order(self, low: str, high: str) -> None:
        if getattr(self, low) > getattr(self, high):
            raise InvalidSetting(
                f"{variable(low)}={getattr(self, low)} must not be greater than {variable(high)}={getattr(self, high)}."
            )


_POSITIVE: Final = (
    "quota",
    "default_cpu",
    "default_memory_mb",
    "cpu_min",
    "cpu_max",
    "cpu_step",
    "memory_min_mb",
    "memory_max_mb",
    "memory_step_mb",
    "heartbeat_seconds",
    "sample_seconds",
    "kill_grace_seconds",
    "kill_upload_seconds",
    "agent_silence_seconds",
    "agent_stuck_seconds",
    "launch_hold_seconds",
    "tick_seconds",
    "upload_lifetime_seconds",
    "url_lifetime_seconds",
    "single_min_bytes",
    "pack_max_bytes",
    "event_retention_days",
    "webhook_timeout_seconds",
    "interactive_threads",
    "bulk_threads",
    "background_threads",
)
_IN_ORDER: Final = (
    ("cpu_min", "cpu_max"),
    ("cpu_min", "default_cpu"),
    ("default_cpu", "cpu_max"),
    ("memory_min_mb", "memory_max_mb"),
    ("memory_min_mb", "default_memory_mb"),
    ("default_memory_mb", "memory_max_mb"),
    ("single_min_bytes", "pack_max_bytes"),
)
_NOT_BUILT: Final = {
    "s3": "S3 is not supported by this version yet: use file:///path.",
    "kubernetes": "Kubernetes is not supported by this version yet: use process:.",
}
_MOST: Final = 10**12
"""More than any setting can mean, and little enough for every computation with it."""


_WHOLE: Final = re.compile("-?[0-9]{1,13}")
_DECIMAL: Final = re.compile(r"-?(?:[0-9]{1,13}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:[eE][-+]?[0-9]{1,3})?")


def compile_bars(text: str) -> Any:
    """The regular expression that finds progress bars. It is one of RE2, which no text can make slow: it meets all that jobs
    print. Raises InvalidSetting."""
    import re2

    options = re2.Options()
    options.log_errors = False  # they are told here
    try:
        compiled = re2.compile(text, options)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else error
        raise InvalidSetting(f"{variable('progress_bars')} is no regular expression of RE2: {said}.") from None
    _check_groups(compiled.groupindex)
    return compiled


def _check_groups(groups: Mapping[str, int]) -> None:
    if not {"step", "steps"} <= set(groups):
        raise InvalidSetting(f"{variable('progress_bars')} needs the groups step and steps: write (?P<step>…) and (?P<steps>…).")


def scheme_of(url: str) -> str:
    """What a backend's URL begins with: `postgresql`, also for `postgresql+driver:`."""
    return url.partition(":")[0].strip().lower().partition("+")[0] if ":" in url else ""


def check_built(url: str, setting: str) -> None:
    """Raises BackendNotBuilt for a backend that this version does not have yet."""
    refusal = _NOT_BUILT.get(scheme_of(url))
    if refusal:
        raise BackendNotBuilt(f"{setting}: {refusal}")


def check_platform_url(url: str) -> None:
    """Raises BackendNotBuilt for a platform elsewhere to relay to."""
    if url:
        raise BackendNotBuilt(
            "ACAI_PLATFORM_URL: relaying to a team's platform is not supported by this version yet; unset it, or connect"
            " to the platform directly with ACAI_URL and ACAI_TOKEN."
        )


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The settings that the environment gives. Raises InvalidSetting for a value of the wrong type."""
    given: dict[str, Any] = {}
    for setting in fields(Settings):
        text = environment.get(variable(setting.name))
        if text:
            given[setting.name] = _read(setting.name, text, type(setting.default))
    return given


def load(given: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings: what is `given` first, then the environment, then the defaults. Raises InvalidSetting."""
    settings = Settings(**{**from_environment(environment), **(given or {})})
    settings.check()
    return settings


def default_home() -> Path:
    """`acai` in Jupyter's data folder, as jupyter_core finds it, without importing it."""
    data = os.environ.get("JUPYTER_DATA_DIR")
    if data:
        return Path(data) / "acai"
    from jupyter_core.paths import jupyter_data_dir

    return Path(jupyter_data_dir()) / "acai"


def local_home(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of this machine's embedded platform, as far as the environment tells."""
    home = environment.get(variable("home"))
    return _folder(home) if home else default_home()


def unusable_home(home: Path, error: OSError) -> InvalidSetting:
    """What to say where the data folder can't be made or written."""
    return InvalidSetting(
        f"The data folder {shown(str(home))} can't be used ({error.strerror or error}): set {variable('home')} to a folder"
        " on this machine that you may write to."
    )


def login_name() -> str:
    """The name of who runs this process, as far as it can name a user."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "owner"  # a user without an entry in the system's list, as in many containers
    return re.sub(r"[^\w.@+-]", "-", login).lstrip("_.@+-")[:64] or "owner"


def _folder(home: str) -> Path:
    try:
        return Path(home).expanduser().absolute()
    except RuntimeError:
        raise InvalidSetting(f"{variable('home')}={shown(home)} names the home of nobody: write a whole path.") from None


def _read(name: str, text: str, kind: type) -> Any:
    if kind is str:
        return text
    # Python's own int() and float() take underscores, blanks, digits of all scripts and NaN.
    form, what = (_WHOLE, "a whole number") if kind is int else (_DECIMAL, "a number")
    if not form.fullmatch(text):
        raise InvalidSetting(f"{variable(name)}={shown(text)} is not {what}.")
    return kind(text)


def _check_number(name: str, value: object) -> None:
    if not isinstance(value, int | float):
        return
    least_is_zero = name not in _POSITIVE
    if not math.isfinite(value) or value > _MOST or value < 0 or (value == 0 and not least_is_zero):
        wanted = "0 or more" if least_is_zero else "greater than 0"
        raise InvalidSetting(f"{variable(name)} must be {wanted} and at most {_MOST:g}, not {shown(value)}.")


def _check_name(name: str, value: str) -> None:
    try:
        check_name(value or "default", name)
    except InvalidName as error:
        raise InvalidSetting(f"{variable(name)}: {error.message}") from error
