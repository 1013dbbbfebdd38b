"""pandas and pyarrow on the lake, as people use them."""

from __future__ import annotations

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal
from support.servers import Server

from acai_jupyter.client.filesystem import LakeFileSystem

FRAME = pd.DataFrame({"x": range(1000), "y": [number % 7 for number in range(1000)], "name": "a"})


@pytest.fixture(autouse=True)
def _connected(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a kernel: the platform is named by the environment."""
    monkeypatch.setenv("ACAI_URL", server.url)
    monkeypatch.setenv("ACAI_TOKEN", server.token)


@pytest.fixture
def lake() -> LakeFileSystem:
    found: LakeFileSystem = fsspec.filesystem("acai")
    return found


@pytest.mark.parametrize("name", ["frame.csv", "frame.csv.gz"])
def test_pandas_writes_versions_of_csv_and_reads_them_by_number_and_file_set(lake: LakeFileSystem, name: str) -> None:
    FRAME.to_csv(f"acai:///pandas/{name}", index=False)
    lake.client.filesets.create("Frames", [f"/pandas/{name}"])
    fileset = lake.client.filesets.list()[0].reference
    FRAME.head(3).to_csv(f"acai:///pandas/{name}", index=False)
    compression = "gzip" if name.endswith("gz") else None  # pandas infers it from the end of a path, where we have versions
    assert len(pd.read_csv(f"acai:///pandas/{name}", compression=compression)) == 3
    for pinned in (f"acai:///pandas/{name}:1", f"acai:///pandas/{name}@{fileset}"):
        assert_frame_equal(pd.read_csv(pinned, compression=compression), FRAME, check_dtype=False)


def test_pandas_writes_and_reads_parquet(lake: LakeFileSystem) -> None:
    FRAME.to_parquet("acai:///pandas/frame.parquet")
    assert lake.info("/pandas/frame.parquet")["version"] == 1
    assert_frame_equal(pd.read_parquet("acai:///pandas/frame.parquet"), FRAME)
    assert list(pd.read_parquet("acai:///pandas/frame.parquet:1", columns=["y"]).columns) == ["y"]


def test_the_platform_can_be_named_by_storage_options(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACAI_URL")
    options = {"url": server.url, "token": server.token}
    FRAME.to_json("acai:///pandas/frame.json", storage_options=options)
    assert len(pd.read_json("acai:///pandas/frame.json", storage_options=options)) == len(FRAME)


def test_a_transaction_holds_what_pandas_writes(lake: LakeFileSystem) -> None:
    with lake.transaction:
        FRAME.to_parquet("acai:///both/one.parquet")
        FRAME.to_csv("acai:///both/two.csv")
        assert not lake.exists("/both")
    assert lake.find("/both") == ["/both/one.parquet", "/both/two.csv"]


def test_a_file_that_is_missing_is_told_as_of_any_file_system() -> None:
    with pytest.raises(FileNotFoundError, match="missing"):
        pd.read_csv("acai:///pandas/missing.csv")


def test_pyarrow_writes_and_reads_a_partitioned_dataset_also_in_a_file_set(lake: LakeFileSystem) -> None:
    table = pa.Table.from_pandas(FRAME)
    ds.write_dataset(table, "/parts", format="parquet", filesystem=lake, partitioning=["y"], partitioning_flavor="hive")
    assert lake.glob("/parts/*/") == [f"/parts/y={number}" for number in range(7)]
    lake.client.filesets.create("Parts", ["/parts/"])
    lake.rm("/parts", recursive=True)
    # pyarrow compares paths as text, so it has to be given the form in which the set comes first.
    found = ds.dataset("@Parts:1/parts", filesystem=lake, format="parquet", partitioning="hive")
    assert found.to_table(filter=ds.field("y") == 3).num_rows == sum(FRAME.y == 3)
    assert len(pd.read_parquet("acai:///parts/@Parts:1", filters=[("y", "=", 3)])) == sum(FRAME.y == 3)


def test_pyarrow_reads_columns_of_a_file_by_ranges(lake: LakeFileSystem) -> None:
    FRAME.to_parquet("acai:///pandas/columns.parquet")
    with lake.open("/pandas/columns.parquet") as file:
        assert pq.ParquetFile(file).read(columns=["x"]).num_rows == len(FRAME)


def test_a_file_system_is_found_again_by_what_it_was_made_of(lake: LakeFileSystem) -> None:
    import pickle

    assert fsspec.filesystem("acai") is lake
    again = pickle.loads(pickle.dumps(lake))
    again.pipe_file("/pickled", b"x")
    assert lake.cat_file("/pickled") == b"x"
