"""What the demo's jobs share: reading the two halves of the digits. A job takes it along because its cell imports it."""

import pandas as pd


def load(name: str) -> tuple[pd.DataFrame, pd.Series]:
    """Pixels and digits of `train` or `test`, from the job's input."""
    table = pd.read_csv(f"input/DigitsSplit/{name}.csv")
    return table.drop(columns="digit"), table["digit"]
