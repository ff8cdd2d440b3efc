"""Log files read: by ids that are no paths, from their end, whatever is in them."""

import io
import json
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.errors import BadRequest, NotFound
from ccr_middleware.logs import entries
from ccr_middleware.logs.entries import Wanted, entries_backwards, entries_forwards
from ccr_middleware.logs.files import LogFiles

ID = "ccr-20260131120000.log"


def line(number, level=30, **more):
    return json.dumps({"level": level, "time": 1000 * number, "msg": f"{number}", **more}, separators=(",", ":"))


def files_with(folder, text, name=ID):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return LogFiles(str(folder))


def messages(lines):
    return [json.loads(text)["msg"] for text in lines]


# -- ids -------------------------------------------------------------------------------------------------

NO_IDS = [
    "../../etc/passwd",
    "/etc/passwd",
    "..",
    ".",
    "",
    f"../logs/{ID}",
    f"./{ID}",
    f"/{ID}",
    f"{ID}\0",
    f"{ID}\n",
    f"\0{ID}",
    f"{ID}/.",
    "..\\..\\boot.ini",
    "C:\\ccr-20260131120000.log",
    "ccr-20260131120000.log.gz",
    "ccr-\N{FULLWIDTH DIGIT TWO}0260131120000.log",
    "ccr-20260131120000_0.log",
    "config.json",
]


@pytest.mark.parametrize("name", NO_IDS)
def test_s2_what_is_no_id_is_refused_for_reading_emptying_and_opening(tmp_path, name):
    """S-2: the reference reads and empties ANY file that is named."""
    secret = tmp_path / "config.json"
    secret.write_text("secret")
    files = files_with(tmp_path / "logs", line(1))
    for use in (files.clear, files.open, lambda name: files.read(name, Wanted(), 10) if name else files.open(name)):
        with pytest.raises(BadRequest, match="never a path"):
            use(name)
    assert secret.read_text() == "secret"
    assert (tmp_path / "logs" / ID).read_text() == line(1)


@given(st.text(alphabet="cr-_.log0123456789/\\ \0\n%", max_size=40))
def test_s2_no_name_leads_out_of_the_folder(name):
    files = LogFiles("/nowhere/at/all")
    with pytest.raises((BadRequest, NotFound)):
        files.open(name)


def test_s2_links_folders_and_other_files_are_no_log_files(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    files = files_with(tmp_path / "logs", line(1))
    linked, folder, missing = (f"ccr-2026013112000{n}.log" for n in (1, 2, 3))
    (tmp_path / "logs" / linked).symlink_to(secret)
    (tmp_path / "logs" / folder).mkdir()
    (tmp_path / "logs" / "other.log").write_text("theirs")
    assert [one.id for one in files.list()] == [ID]
    for name in (linked, folder, missing):
        for use in (files.clear, files.open):
            with pytest.raises(NotFound):
                use(name)
    assert secret.read_text() == "secret"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in folders")
def test_a_pipe_with_a_log_files_name_makes_nobody_wait(tmp_path):
    files = files_with(tmp_path / "logs", "")
    os.mkfifo(tmp_path / "logs" / "ccr-20260131120001.log")
    with pytest.raises(NotFound):
        files.open("ccr-20260131120001.log")


def test_files_are_listed_newest_first_in_the_references_form(tmp_path):
    folder = tmp_path / "logs"
    for name in ("ccr-20260131120000_2.log", "ccr-20260131120000_10.log", ID, "ccr-20260201000000.log"):
        files = files_with(folder, "x", name)
    os.utime(folder / ID, (1_769_860_800, 1_769_860_800))
    assert [one.id for one in files.list()] == [
        "ccr-20260201000000.log",
        "ccr-20260131120000_10.log",
        "ccr-20260131120000_2.log",
        ID,
    ]
    assert files.list()[-1].to_json() == {
        "id": ID,
        "name": ID,
        "path": ID,
        "size": 1,
        "lastModified": "2026-01-31T12:00:00.000Z",
    }
    assert LogFiles(str(tmp_path / "none")).list() == []


# -- lines -----------------------------------------------------------------------------------------------

some_lines = st.lists(
    st.builds(line, st.integers(0, 9), st.sampled_from([10, 30, 50]), reqId=st.sampled_from(["req_1", "req_12"]))
    | st.sampled_from(["Traceback:", '  File "x"', "ünïcödé \U0001f600", "{broken", "[1]", "\r", "", " "])
    | st.text(alphabet="aé\U0001f600", max_size=200),
    max_size=30,
)


@given(lines=some_lines, ends=st.booleans(), block=st.integers(1, 90))
def test_both_ends_give_the_same_entries_wherever_blocks_are_cut(lines, ends, block):
    data = "\n".join(lines).encode() + (b"\n" if ends else b"")
    usual, entries.BLOCK_BYTES = entries.BLOCK_BYTES, block
    pieces, entries._MAX_PIECES = entries._MAX_PIECES, 10_000
    try:
        backwards = list(entries_backwards(io.BytesIO(data)))[::-1]
        forwards = list(entries_forwards(io.BytesIO(data)))
    finally:
        entries.BLOCK_BYTES, entries._MAX_PIECES = usual, pieces
    assert backwards == forwards
    told = [text.decode() for entry in forwards for text in entry.lines]
    assert told == [text for line in lines if (text := line.strip("\r\n"))]


def test_characters_at_the_edges_of_blocks_are_whole(tmp_path):
    said = "é€\U0001f600" * 50
    text = "".join(f'{{"level":30,"time":{number},"msg":"{said}"}}\n' for number in range(2000))
    assert len(text.encode()) > 5 * entries.BLOCK_BYTES
    files = files_with(tmp_path / "logs", text)
    assert "\n".join(files.read(ID, Wanted(), 5000)) + "\n" == text


def test_the_end_is_given_unless_the_beginning_is_wanted(tmp_path):
    files = files_with(tmp_path / "logs", "".join(line(number) + "\n" for number in range(100)))
    assert messages(files.read(ID, Wanted(), 3)) == ["97", "98", "99"]
    assert messages(files.read(ID, Wanted(), 3, tail=False)) == ["0", "1", "2"]
    assert messages(files.read(None, Wanted(), 1)) == ["99"]
    assert LogFiles(str(tmp_path / "none")).read(None, Wanted(), 1) == []


@pytest.mark.parametrize("tail", [True, False])
def test_lines_are_chosen_by_level_request_and_time(tmp_path, tail):
    text = [line(n, [10, 20, 30, 40][n % 4], reqId=f"req_{n % 3}", other=f"req_{n}") for n in range(100)]
    files = files_with(tmp_path / "logs", "\n".join(text))

    def read(**wanted):
        return [int(text) for text in messages(files.read(ID, Wanted(**wanted), 1000, tail=tail))]

    assert read(level=40) == list(range(3, 100, 4))
    assert read(level=30) == [n for n in range(100) if n % 4 > 1]
    assert read(request_id="req_2") == list(range(2, 100, 3))  # not where it is only mentioned
    assert read(since_ms=95_000) == list(range(95, 100))
    assert read(level=40, request_id="req_0", since_ms=50_000) == [51, 63, 75, 87, 99]
    assert read(request_id="req_") == []


def test_lines_that_are_no_json_belong_to_the_one_before(tmp_path):
    trace = ["Traceback (most recent call last):", "ValueError: no"]
    text = ["begun in the middle", line(1), line(2, 50), *trace, line(3)]
    files = files_with(tmp_path / "logs", "\n".join(text))
    assert files.read(ID, Wanted(), 10) == text
    assert files.read(ID, Wanted(level=50), 10) == [line(2, 50), *trace]
    assert files.read(ID, Wanted(since_ms=2000), 10) == [line(2, 50), *trace, line(3)]
    assert files.read(ID, Wanted(), 2) == [trace[1], line(3)]


@pytest.mark.parametrize("text", ['{"level":"info","time":null}', "{}", '{"level":1e99', "{" * 5000, '{"level":[]}'])
def test_json_of_others_is_tolerated(tmp_path, text):
    files = files_with(tmp_path / "logs", text + "\n" + line(1))
    assert len(files.read(ID, Wanted(), 10)) == 2
    assert messages(files.read(ID, Wanted(level=10), 10)) == ["1"]


def test_c6_the_end_of_a_huge_file_is_read_without_the_rest(tmp_path):
    """C-6: the reference reads whole files into memory. This one has 500 MB, most of it a hole."""
    path = tmp_path / "logs" / ID
    files = files_with(tmp_path / "logs", "")
    with open(path, "wb") as file:
        file.truncate(500 * 1024 * 1024)
        file.seek(0, os.SEEK_END)
        file.write(b"\n" + "".join(line(n) + "\n" for n in range(100_000, 101_000)).encode())
    tracemalloc.start()
    try:
        assert messages(files.read(ID, Wanted(), 2)) == ["100998", "100999"]
        assert len(files.read(ID, Wanted(level=30, since_ms=100_990_000), 1000)) == 10
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_line_that_is_too_long_is_cut_from_either_end(tmp_path):
    size = entries.MAX_LINE_BYTES
    files = files_with(tmp_path / "logs", line(1) + "\n" + "x" * (3 * size) + "\n" + line(2))
    for tail in (True, False):
        first, long, last = files.read(ID, Wanted(), 10, tail=tail)
        assert (first, last) == (line(1), line(2))
        assert len(long) <= size
        assert set(long) == {"x"}


def test_emptying_leaves_the_file(tmp_path):
    files = files_with(tmp_path / "logs", line(1))
    files.clear(ID)
    assert [one.size for one in files.list()] == [0]
    assert files.read(ID, Wanted(), 10) == []
