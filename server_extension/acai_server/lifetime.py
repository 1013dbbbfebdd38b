"""From the moment the server listens until it stops: opening the platform, its loops, and letting go."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Final

from acai_jupyter.config import Settings, unusable_home
from acai_jupyter.domain.access import TokenKind
from acai_jupyter.domain.errors import AcaiError, InvalidInput, PlatformStopped, SchemaMismatch, StoreDamaged, Unauthenticated
from acai_jupyter.domain.events import EventKind
from acai_server.handlers.base import State
from acai_server.open_files import OpenFiles
from acai_server.pools import BACKGROUND
from acai_server.servers_folder import ServerFile

if TYPE_CHECKING:
    from acai_jupyter.platform import Platform

_SWEEP_SECONDS: Final = 60.0
_START_PAUSE_SECONDS: Final = 0.005
_LOOK_PAUSE_SECONDS: Final = 0.2
_STARTING: Final = frozenset({EventKind.JOB_SUBMITTED, EventKind.JOB_ENDED, EventKind.GRID_SUBMITTED, EventKind.GRID_RETRIED})
"""After these there may be jobs to start."""

_CHANGING: Final = _STARTING | {EventKind.JOB_CHANGED, EventKind.JOB_MEASURED, EventKind.PROFILE_ENDED}
"""After these there may be something to do for jobs that run."""

_KERNEL_TOKEN_SECONDS: Final = 30 * 86_400.0
"""Renewed while the server runs; that of a server which was killed ends by itself."""


class Lifetime:
    """One server's turn. `unended` is how many jobs had not ended at the last look, None before the first; `untold` how
    many of their ends webhooks are to be told soon. `on_jobs` is called once, when there are jobs for the first time. One that
    `drains` is there only until none of either is left."""

    def __init__(
        self,
        state: State,
        settings: Settings,
        log: Logger,
        gives_kernels_access: bool,
        on_hopeless: Callable[[AcaiError], None],
        drains: bool = False,
    ) -> None:
        self._state = state
        self.settings = settings
        self._log = log
        self._gives_kernels_access = gives_kernels_access
        self._on_hopeless = on_hopeless
        self.drains = drains
        self._open_files = OpenFiles(state)
        self._tasks: list[asyncio.Task[None]] = []
        self._file: ServerFile | None = None
        self._token_file = settings.home_folder / "token"
        self._kernel_token: str | None = None
        self._usable = False
        self.on_jobs: Callable[[], Awaitable[None]] | None = None
        self.unended: int | None = None
        self.untold: int | None = None

    @property
    def is_open(self) -> bool:
        """Whether the platform answers."""
        return self._state.refusal is None

    @property
    def requests(self) -> int:
        """How many requests were made so far."""
        return self._state.requests

    @property
    def followers(self) -> int:
        """How many streams are open."""
        return self._state.followers

    async def start(self, url: str | None) -> None:
        """Open the platform on a thread; a platform that can't open tells everyone why, and is tried again."""
        self._tasks.append(asyncio.create_task(self._open_until_it_works(url)))

    async def stop(self) -> None:
        """Stop the loops and let go; jobs go on, and their agents find the next server."""
        self._state.refusal = PlatformStopped("The server is stopping.")
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._state.relay.stop()
        self._state.job_news.stop()
        self._open_files.stop()
        if self._file is not None:
            self._file.withdraw()
        if self._state.opened is not None:
            self._state.opened.wake.then = lambda: None
            self._state.opened.wake.on_events = lambda changed: None
        await asyncio.get_running_loop().run_in_executor(None, self._let_go)

    def _let_go(self) -> None:
        self._state.pools.close()
        platform = self._state.opened
        if platform is None:
            return
        try:
            if self._usable:  # a database that was refused may not even have tables
                self.unended, self.untold = platform.registry.unended(), platform.webhooks.untold()
        except AcaiError as error:
            self._log.warning("Whether jobs are left can't be told: %s", error.message)
        if self._kernel_token is not None:
            try:
                platform.access.revoke(self._kernel_token)
            except AcaiError as error:
                self._log.warning("The kernels' token could not be revoked: %s", error.message)
        platform.close()

    async def _open_until_it_works(self, url: str | None) -> None:
        while True:
            try:
                await self._open(url)
                return
            except (SchemaMismatch, StoreDamaged, InvalidInput) as error:
                self._state.refusal = error
                self._point_kernels_here(url)
                self._on_hopeless(error)
                return
            except AcaiError as error:
                self._refuse(error)
                self._point_kernels_here(url)
                await asyncio.sleep(self.settings.tick_seconds)
            except Exception:
                self._log.exception("ACAI can't start")
                self._point_kernels_here(url)
                self._state.refusal = AcaiError("The platform could not start; the server's log says more.")
                return

    def _point_kernels_here(self, url: str | None) -> None:
        if self._gives_kernels_access:
            tell_kernels(url)

    async def _open(self, url: str | None) -> None:
        if self._state.opened is None:
            self._state.opened = await self._state.pools.run(BACKGROUND, _create, self.settings)
            loop, wake = asyncio.get_running_loop(), self._state.opened.wake
            wake.then = partial(loop.call_soon_threadsafe, self._state.relay.wake)
            wake.on_events = lambda changed: loop.call_soon_threadsafe(
                self._state.relay.note_own, changed, changed.first, changed.kinds
            )
        platform = self._state.opened
        await self._state.pools.run(BACKGROUND, platform.open)
        self._usable = True
        self._state.relay.start(platform.bus)  # which asks the database: its tables are there from now on
        await self._state.pools.run(BACKGROUND, self._welcome_owner)
        platform.agent_url = platform.settings.agent_url or url
        platform.open_files = platform.open_files or self._open_files.start()
        if url is not None:
            self._file = ServerFile(self.settings.home_folder / "servers", platform.server_id, self.drains)
            self._file.publish(url)
            if self._kernel_token is not None:
                tell_kernels(url, self._kernel_token)
        else:
            self._log.warning("This server listens on a Unix socket: set ACAI_AGENT_URL, or jobs can't reach it.")
        self._state.refusal = None
        self._tasks.append(asyncio.create_task(self._repeat(self._start_jobs, self._paced(_START_PAUSE_SECONDS, _STARTING))))
        self._tasks.append(asyncio.create_task(self._repeat(self._look_after_jobs, self._paced(_LOOK_PAUSE_SECONDS, _CHANGING))))
        self._tasks.append(asyncio.create_task(self._repeat(self._tell, lambda: asyncio.sleep(self.settings.tick_seconds))))
        self._tasks.append(asyncio.create_task(self._repeat(self._sweep, lambda: asyncio.sleep(_SWEEP_SECONDS))))

    def _welcome_owner(self) -> None:
        """In an embedded platform: its owner, a token for processes of this machine, one for kernels."""
        platform = self._state.platform
        if platform.settings.identity != "owner":
            return
        owner = platform.access.owner(platform.settings.project, platform.settings.user_name)
        if not _valid(self._token_file, lambda token: platform.access.authenticate(token)):
            token = platform.access.new_token(owner, TokenKind.USER, "this machine")
            _write_secret(self._token_file, token)
        if self._gives_kernels_access and self._kernel_token is None:
            label = f"kernels of server {platform.server_id}"
            self._kernel_token = platform.access.new_token(owner, TokenKind.KERNEL, label, _KERNEL_TOKEN_SECONDS)

    async def _repeat(self, work: Callable[[], Awaitable[None]], pause: Callable[[], Awaitable[None]]) -> None:
        """Do `work` for good. What goes wrong once goes better the next time, as every tick is idempotent."""
        while True:
            try:
                await work()
            except SchemaMismatch as error:
                self._refuse(error)
                return
            except AcaiError as error:
                self._log.warning("ACAI can't look after its work at the moment: %s", error.message)
            except Exception:
                self._log.exception("A loop of ACAI failed; it goes on")
            await pause()

    async def _start_jobs(self) -> None:
        if await self._state.pools.run(BACKGROUND, self._state.platform.start_jobs):
            self._state.relay.wake()

    async def _look_after_jobs(self) -> None:
        platform = self._state.platform
        await self._state.pools.run(BACKGROUND, platform.look_after_jobs)
        unended = await self._state.pools.run(BACKGROUND, platform.registry.unended)
        if self.drains:  # after the jobs: what has ended until then is to be told
            self.untold = await self._state.pools.run(BACKGROUND, platform.webhooks.untold)
        self.unended = unended
        if unended and self.on_jobs is not None:
            then, self.on_jobs = self.on_jobs, None
            await then()

    def _paced(self, seconds: float, kinds: Collection[EventKind]) -> Callable[[], Awaitable[None]]:
        """A pause of at least so many `seconds` that ends with the next event of these `kinds`."""
        ear = self._state.relay.ear(kinds)

        async def pause() -> None:
            await asyncio.sleep(seconds)
            await self._state.relay.anything(ear, self.settings.tick_seconds)

        return pause

    async def _tell(self) -> None:
        await self._state.pools.run(BACKGROUND, self._state.platform.webhooks.deliver)

    async def _sweep(self) -> None:
        if self._kernel_token is not None:
            renew = self._state.platform.access.renew
            await self._state.pools.run(BACKGROUND, renew, self._kernel_token, _KERNEL_TOKEN_SECONDS)
        await self._state.pools.run(BACKGROUND, self._state.platform.sweep)

    def _refuse(self, error: AcaiError) -> None:
        self._state.refusal = error
        self._log.error("ACAI is not available: %s", error.message)


def tell_kernels(url: str | None, token: str = "") -> None:
    """Let kernels ask this server, even one that refuses: what they would start themselves is another platform."""
    if url is not None:
        os.environ["ACAI_URL"], os.environ["ACAI_TOKEN"] = url, token


def _create(settings: Settings) -> Platform:
    """The platform. Its database library costs a fifth of a second to import, which nobody waits for on this thread."""
    from acai_jupyter.platform import Platform

    try:
        return Platform.create(settings)
    except OSError as error:
        raise unusable_home(settings.home_folder, error) from error


def _valid(path: Path, check: Callable[[str], object]) -> bool:
    try:
        check(path.read_text().strip())
    except (OSError, Unauthenticated):
        return False
    return True


def _write_secret(path: Path, secret: str) -> None:
    """A file that only its owner can read, replaced in one step."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret)
    temporary.replace(path)
