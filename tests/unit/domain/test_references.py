from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acai_jupyter.domain.errors import AcaiError, InvalidName, InvalidReference
from acai_jupyter.domain.references import (
    FileReference,
    FilesetReference,
    FolderReference,
    GlobReference,
    Reference,
    check_fileset_name,
    escape,
    parse,
    parse_destination,
    parse_fileset,
)

NAME_CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\")
NAMES = st.text(NAME_CHARACTERS, min_size=1, max_size=20).filter(lambda name: name not in (".", ".."))
SPECIAL_NAMES = st.text("@:%*?[]~2403A", min_size=1, max_size=8)
PATHS = st.lists(NAMES | SPECIAL_NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
VERSIONS = st.integers(1, 10**18 - 1)
SET_NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)
SETS = st.builds(FilesetReference, SET_NAMES, st.none() | VERSIONS)
REFERENCES = (
    SETS
    | st.builds(FileReference, PATHS, st.none() | VERSIONS)
    | st.builds(lambda path, held: FileReference(path, None, held), PATHS, SETS)
    | st.builds(FolderReference, st.just("/") | PATHS.map(lambda path: path + "/"), st.none() | SETS)
)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("/data/train.json", FileReference("/data/train.json")),
        ("/data/train.json:3", FileReference("/data/train.json", 3)),
        ("/data/", FolderReference("/data/")),
        ("/", FolderReference("/")),
        ("/data/*.json", GlobReference("/data/*.json", "/data/")),
        ("/data/**/*.json", GlobReference("/data/**/*.json", "/data/")),
        ("/*", GlobReference("/*", "/")),
        ("@HotpotQA", FilesetReference("HotpotQA")),
        ("@HotpotQA:2", FilesetReference("HotpotQA", 2)),
        ("/data/train.json@HotpotQA:1", FileReference("/data/train.json", None, FilesetReference("HotpotQA", 1))),
        ("/data/train.json@HotpotQA", FileReference("/data/train.json", None, FilesetReference("HotpotQA"))),
        ("/data/@HotpotQA:1", FolderReference("/data/", FilesetReference("HotpotQA", 1))),
        ("/@HotpotQA", FolderReference("/", FilesetReference("HotpotQA"))),
        ("/data/*.csv@HotpotQA:2", GlobReference("/data/*.csv", "/data/", FilesetReference("HotpotQA", 2))),
        ("/a%40b%3A1%25%2A%3F%5Bc]", FileReference("/a@b:1%*?[c]")),
        ("/a%3a1", FileReference("/a:1")),
        ("/ein Ordner/größe – 大小.txt", FileReference("/ein Ordner/größe – 大小.txt")),
        ("/100%25.csv:999999999999999999", FileReference("/100%.csv", 999999999999999999)),
        ("/...", FileReference("/...")),
    ],
)
def test_every_form_of_the_design_is_read(text: str, meant: Reference) -> None:
    assert parse(text) == meant


@given(REFERENCES)
def test_what_is_written_out_is_read_back_as_the_same(reference: Reference) -> None:
    assert parse(str(reference)) == reference


@given(PATHS)
def test_an_escaped_path_means_exactly_this_path(path: str) -> None:
    assert parse(escape(path)) == FileReference(path)


def test_the_longest_path_can_be_written_out_and_read_back() -> None:
    path = "".join("/" + "%" * 249 for _ in range(8))
    assert len(path.encode()) == 2000
    reference = FileReference(path, None, FilesetReference("A" * 128, 10**18 - 1))
    assert parse(str(reference)) == reference


@pytest.mark.parametrize("number", ["0", "01", "+3", "-1", "٣", "³", " 3", "3 ", "", "1_0", "1.0", "3:4", "9" * 19, "latest"])
@pytest.mark.parametrize("before", ["/data/x", "@Digits", "/data/x@Digits"])
def test_a_version_that_is_no_plain_number_from_1_is_refused(before: str, number: str) -> None:
    with pytest.raises(InvalidReference, match="a version is a number from 1"):
        parse(f"{before}:{number}")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is empty"),
        ("data/x", "did you mean '/data/x'"),
        ("Digits:2", "did you mean '@Digits:2'"),
        (" /data/x", "begins with '/'"),
        ("data\nx", r"'data\\nx' is not a reference"),
        ("/data/x:1@Digits", "names a version twice"),
        ("/data/:2", "is a folder"),
        ("/da\nta/:2", r"'/da\\nta/' is a folder"),
        ("/data/*:2", "is a pattern"),
        ("/data/*/", r"write '/data/\*/\*\*'"),
        ("/a//b", "empty"),
        ("//", "empty"),
        ("/a/../b", r"must not contain '\.\.'"),
        ("/a/./b", r"must not contain '\.'"),
        ("/..", r"must not contain '\.\.'"),
        ("/a/..@Digits", r"must not contain '\.\.'"),
        ("/*/../b", r"must not contain '\.\.'"),
        ("/*/..", r"must not contain '\.\.'"),
        ("/*//b", "empty"),
        ("/a\\b", "backslash"),
        ("/*\\b", "backslash"),
        ("/a\0b", "control character"),
        ("/a*\0b", "control character"),
        ("/a\x7fb", "control character"),
        ("/a\x85b", "control character"),
        ("/a\ud800b", "Unicode"),
        ("/*\udfff", "Unicode"),
        ("/%2e%2e/x", "write %25"),
        ("/%2E%2E/x", "write %25"),
        ("/%2F", "write %25"),
        ("/%00", "write %25"),
        ("/%5D", "write %25"),
        ("/100%", "write %25"),
        ("/100%2", "write %25"),
        ("/*%2e", "write %25"),
        ("/[%2e]", "write %25"),
        ("/[a", "write %5B"),
        ("/[]", "write %5B"),
        ("/x[a]y[b", "write %5B"),
        ("/[a/b]", "write %5B"),
        ("/" + "a" * 256, "256 bytes"),
        ("/" + "ä" * 128, "256 bytes"),
        ("/aaaaaaaaa" * 200 + "a", "too long"),
        ("/" + "a" * 7000, "at most 6200 characters"),
        ("@", "can't name a file set"),
        ("/data/@", "can't name a file set"),
        ("@-x", "can't name a file set"),
        ("@.x", "can't name a file set"),
        ("@a b", "can't name a file set"),
        ("@Größe", "can't name a file set"),
        ("@a/b", "can't name a file set"),
        ("@" + "a" * 129, "can't name a file set"),
        ("@@Digits", "can't name a file set"),
        ("@/@Digits", "can't name a file set"),
        ("/data/x@@Digits:1", "can't name a file set"),
        ("/data/x@/@Digits", "can't name a file set"),
        ("/a@b@Digits", "can't name a file set"),
    ],
)
def test_a_mistake_in_a_reference_is_named_in_one_line(text: str, says: str) -> None:
    with pytest.raises(InvalidReference, match=says) as caught:
        parse(text)
    assert caught.value.code == "invalid_reference"
    assert caught.value.message.isprintable() and len(caught.value.message) < 400
    caught.value.message.encode()


@pytest.mark.parametrize("given_reference", [None, 5, b"/data/x", ["/data/x"], object])
def test_what_is_no_text_is_no_reference(given_reference: str) -> None:
    for read in (parse, parse_fileset, parse_destination):
        with pytest.raises(InvalidReference, match="is no reference"):
            read(given_reference)


@given(st.text(st.sampled_from("/@:%*?[].!-%23405abAB\\\n\0٣\ud800 ") | st.characters(), max_size=30))
def test_any_text_is_a_reference_or_an_error_of_ours(text: str) -> None:
    for read in (parse, parse_fileset, parse_destination, check_fileset_name):
        try:
            reference = read(text)
        except AcaiError as error:
            assert error.message.isprintable()
        else:
            str(reference).encode()


@pytest.mark.parametrize("text", ["HotpotQA:2", "@HotpotQA:2", "/@HotpotQA:2"])
def test_a_file_set_needs_no_sign_where_nothing_else_can_be_meant(text: str) -> None:
    assert parse_fileset(text) == FilesetReference("HotpotQA", 2)


@pytest.mark.parametrize("text", ["", "/data/x", "@@A", "@/@A", "/@/@A", "A:0", "A:1:2", "A ", "/data/@A", "A" * 9000])
def test_what_is_no_file_set_is_refused_where_one_is_meant(text: str) -> None:
    with pytest.raises(InvalidReference):
        parse_fileset(text)


def test_a_part_of_a_file_set_is_told_from_the_whole() -> None:
    with pytest.raises(InvalidReference, match=r"'/data/@Digits:2' is a part .* write 'Digits:2'\."):
        parse_fileset("/data/@Digits:2")


@pytest.mark.parametrize("text", ["/data/", "/data/x", "/a%3A1"])
def test_a_destination_is_a_path_or_a_folder(text: str) -> None:
    assert str(parse_destination(text)) == text


@pytest.mark.parametrize("text", ["/data/x:1", "/data/*", "@A", "/data/@A", "/x@A"])
def test_versions_sets_and_patterns_are_no_destinations(text: str) -> None:
    with pytest.raises(InvalidReference, match="can't be a destination"):
        parse_destination(text)


@pytest.mark.parametrize("name", ["A", "7", "HotpotQA", "a.b_c-d", "a" * 128])
def test_file_sets_have_plain_names(name: str) -> None:
    assert check_fileset_name(name) == name


@pytest.mark.parametrize("name", ["", "_a", "-a", ".", "..", "a/b", "a b", "ä", "٣", "a\n", "a:1", "@a", "a" * 129])
def test_other_names_of_file_sets_are_refused(name: str) -> None:
    with pytest.raises(InvalidName, match="can't name a file set"):
        check_fileset_name(name)
