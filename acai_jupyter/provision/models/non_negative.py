"""Non-negative least squares, for laws made of parts that only add."""

from __future__ import annotations

import numpy as np
from scipy.optimize import lsq_linear, nnls

from acai_jupyter.provision.models.runs import Floats


def non_negative(matrix: Floats, target: Floats) -> Floats:
    """The amounts, none below 0, with the least squared error."""
    try:
        amounts, _ = nnls(matrix, target, maxiter=100 * matrix.shape[1])
    except RuntimeError:  # its active set went round in circles
        amounts = lsq_linear(matrix, target, bounds=(0.0, np.inf)).x
    return np.asarray(amounts, dtype=np.float64)
