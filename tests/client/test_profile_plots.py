"""Plots of profiles and quotes: matplotlib figures that need no pyplot, and pictures in a notebook."""

from __future__ import annotations

import subprocess
import sys

import pytest

from acai_jupyter.client.client import Client
from acai_jupyter.client.predictions import Prediction
from acai_jupyter.client.profile_plots import plot_predictions
from acai_jupyter.client.profiles import Profile
from acai_jupyter.client.quotes import Quote
from acai_jupyter.domain.errors import ResourcesOutOfBounds

pytest.importorskip("matplotlib")
PNG = b"\x89PNG"


@pytest.fixture(scope="module")
def profile(client: Client) -> Profile:
    return client.profiles.create("Drawn", "echo --n {1,2}", cpus=[1], memories_mb=[512], trials=2).wait(120)


def picture(figure: object) -> bytes:
    """What a notebook without any setting of matplotlib shows."""
    shown: bytes = figure._repr_png_()  # type: ignore[attr-defined]
    return shown


def test_every_plot_is_a_figure_that_shows_itself(profile: Profile) -> None:
    from matplotlib.figure import Figure

    quote = profile.quote([2], max_time="1h", max_cost=1.0)
    for figure in (profile.plot(), profile.plot_grid([2], max_cost=1e-9), quote.plot()):
        assert isinstance(figure, Figure)
        assert picture(figure).startswith(PNG)


def test_what_is_over_budget_is_red_in_the_grid(profile: Profile) -> None:
    def colours(max_cost: float) -> set[str]:
        return {str(text.get_color()) for text in profile.plot_grid([2], max_cost).axes[0].texts}

    assert colours(1e-12) == {"red"}
    assert colours(1e6) == {"black"}


def test_a_plot_of_predictions_has_a_point_with_its_interval_for_every_finished_trial(profile: Profile) -> None:
    axes = profile.plot().axes[0]
    [bars] = axes.containers
    assert len(bars[0].get_xdata()) == len(profile.trials)


def test_trials_that_were_stopped_early_are_drawn_too_and_marked() -> None:
    one = Prediction(1.0, 512, 10.0, 9.0, 11.0, 0.1, 0.09, 0.11, False)
    axes = plot_predictions("x", [], [], [(4.0, one)]).axes[0]
    [bars] = axes.containers
    assert list(bars[0].get_xdata()) == [4.0]
    assert "stopped early" in [text.get_text() for text in axes.get_legend().texts]


def test_cpus_that_no_job_is_given_here_are_left_out_of_the_grid(profile: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acai_jupyter.client.profiles._CPUS_DRAWN", (0.1, 0.5, 2.0, 100.0))
    with pytest.raises(ResourcesOutOfBounds):
        profile.predict([2], 100.0, 512)
    ticks = profile.plot_grid([2]).axes[0].get_xticklabels()
    assert [tick.get_text() for tick in ticks] == ["0.5", "1", "2"]


@pytest.mark.parametrize(
    "command", ["python t.py --in $ACAI_INPUT --out $ACAI_OUTPUT/a_b", "awk '{print $1}' in | sort > ${OUT}/%"]
)
def test_dollars_of_a_command_are_no_formula(profile: Profile, command: str) -> None:
    quote = Quote({**profile.quote([2]).details, "command": command})
    assert 'src="data:image/png;base64,' in quote._repr_html_()
    assert quote.plot().axes[0].get_title() == command


def test_profiles_and_quotes_are_shown_with_a_picture(profile: Profile) -> None:
    for shown in (profile, profile.quote([2], max_time="1h")):
        assert 'src="data:image/png;base64,' in shown._repr_html_()
    assert "cheapest that stays within 3600 s" in profile.quote([2], max_time="1h")._repr_html_()


def test_without_matplotlib_the_table_is_shown_alone_and_a_plot_says_what_to_install() -> None:
    code = """
import sys
sys.modules["matplotlib"] = sys.modules["matplotlib.figure"] = None
from acai_jupyter.client.profile_plots import as_html, plot_front
from acai_jupyter.domain.errors import PackageMissing
assert as_html(lambda: plot_front("x", [], None, None), "x") == ""
try:
    plot_front("x", [], None, None)
except PackageMissing as error:
    print(error.message)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install matplotlib" in done.stdout
