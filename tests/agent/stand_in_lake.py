"""The lake of the platform's stand-in: upload sessions, objects, and the files that an agent may ask for."""

from __future__ import annotations

import hashlib
import itertools
import threading
from typing import Any

PART = 64 * 1024 * 1024
EXPIRY = "2026-11-21T09:30:00.000000Z"


class Refused(Exception):
    """An answer that says no. Without a code it is not in the platform's form."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status = status
        self.code = code
        self.message = message


def digest(data: bytes) -> str:
    if len(data) <= PART:
        return "sha256:" + hashlib.sha256(data).hexdigest()
    parts = b"".join(hashlib.sha256(data[at : at + PART]).digest() for at in range(0, len(data), PART))
    return "sha256-64m:" + hashlib.sha256(parts).hexdigest()


class Lake:
    """Objects by key, upload sessions by id, and a job's files by kind. `known` holds what needs no upload, by digest.

    Signed addresses carry the current `signature`: another one makes all that were given expire. `expired` is how many
    requests are refused as expired, whatever they carry.
    """

    def __init__(self) -> None:
        self.address = ""
        self.objects: dict[str, bytes] = {}
        self.gets: list[tuple[str, str | None]] = []
        self.puts: list[str] = []
        self.signature = "secret-1"
        self.expired = 0
        self.uploads: dict[str, dict[str, Any]] = {}
        self.known: dict[str, bytes] = {}
        self.files: dict[str, list[dict[str, Any]]] = {"code": [], "input": [], "start": []}
        self._numbers = itertools.count()
        self._expected: dict[str, tuple[int, str]] = {}
        self._lock = threading.Lock()

    # What an agent downloads

    def add(self, kind: str, path: str, data: bytes, *, executable: bool = False, said: str | None = None) -> None:
        """A file of the job in an object of its own. `said` is a digest to claim instead of the true one."""
        self.add_pack(kind, {path: data}, executable=executable, said=said)

    def add_pack(self, kind: str, files: dict[str, bytes], *, executable: bool = False, said: str | None = None) -> None:
        """Files of the job in one object, one after the other."""
        key = f"object{next(self._numbers)}"
        self.objects[key] = b"".join(files.values())
        at = 0
        for path, data in files.items():
            entry = {"path": path, "size": len(data), "digest": said or digest(data), "executable": executable, "offset": at}
            self.files[kind].append(entry | {"key": key})
            at += len(data)

    def page(self, kind: str, cursor: str | None, size: int) -> dict[str, Any]:
        files = sorted(self.files[kind], key=lambda file: file["path"])
        rest = [file for file in files if cursor is None or file["path"] > cursor]
        page = rest[:size]
        keys = list(dict.fromkeys(file["key"] for file in page))
        columns: dict[str, list[Any]] = {name: [file[name] for file in page] for name in ("path", "size", "digest", "offset")}
        columns["object"] = [keys.index(file["key"]) for file in page]
        columns["executable"] = [at for at, file in enumerate(page) if file["executable"]]
        return {
            "files": columns | {"a column of the future": []},
            "objects": [self.request("GET", key) for key in keys],
            "cursor": page[-1]["path"] if len(rest) > size else None,
            "a field of the future": 1,
        }

    def request(self, method: str, key: str) -> dict[str, Any]:
        return {"method": method, "url": f"{self.address}/{key}?signature={self.signature}", "headers": {"X-Signed": "yes"}}

    # The object store

    def get(self, key: str, signature: str, wanted: str | None) -> tuple[int, dict[str, str], bytes]:
        self._check_expiry(signature)
        self.gets.append((key, wanted))
        if key not in self.objects:
            raise Refused(404, "", "")
        data = self.objects[key]
        if wanted is None:
            return 200, {}, data
        first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
        if first >= len(data):
            raise Refused(416, "", "")
        return 206, {"Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first : last + 1]

    def put(self, key: str, signature: str, data: bytes) -> tuple[int, dict[str, str], bytes]:
        self._check_expiry(signature)
        self.puts.append(key)
        size, sha256 = self._expected[key]
        if key in self.objects:
            raise Refused(412, "", "")
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise Refused(400, "digest_mismatch", "The bytes are not those that were announced.")
        self.objects[key] = data
        return 200, {}, b""

    def _check_expiry(self, signature: str) -> None:
        with self._lock:
            expired, self.expired = self.expired > 0, max(self.expired - 1, 0)
        if expired or signature != self.signature:
            raise Refused(403, "", "")

    # Upload sessions

    def upload_call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        words = path.split("/")[2:]
        if not words:
            return self._begin(body)
        upload_id, verb = words
        handlers = {"files": self._more, "urls": self._urls, "seal": self._seal, "commit": self._commit, "abort": self._abort}
        return handlers[verb](self.uploads[upload_id], body)

    def _begin(self, body: dict[str, Any]) -> dict[str, Any]:
        assert set(body) <= {"purpose", "fileset", "files"}
        session = {
            "id": f"upload_{next(self._numbers):032x}",
            "purpose": body["purpose"],
            "fileset": body.get("fileset"),
            "state": "pending",
            "files": [],
            "objects": {},
        }
        self.uploads[session["id"]] = session
        return self._more(session, {"first": 0, "files": body["files"]})

    def _more(self, session: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        first, columns = body["first"], body["files"]
        given: list[dict[str, Any]] = [
            {"path": path, "size": size, "digest": said, **({"executable": True} if at in columns.get("executable", []) else {})}
            for at, (path, size, said) in enumerate(zip(columns["path"], columns["size"], columns["digest"], strict=True))
        ]
        assert len(given) <= 5000
        assert first in (len(session["files"]), len(session["files"]) - len(given)), "neither the next page nor the last again"
        session["files"][first:] = given
        new = range(first, len(session["files"]))
        missing = [at for at in new if session["files"][at]["digest"] not in self.known]
        return {"id": session["id"], "state": session["state"], "expires_at": EXPIRY, "missing": missing}

    def _urls(self, session: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        assert len(body["objects"]) <= 1000
        return {"objects": [self._addresses(session, item) for item in body["objects"]]}

    def _addresses(self, session: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
        sums = item["parts"] if item["kind"] == "multipart" else [item["digest"].removeprefix("sha256:")]
        session["objects"][item["ordinal"]] = item
        requests = []
        for number, sha256 in enumerate(sums):
            offset = number * PART
            size = min(PART, item["size"] - offset)
            key = f"{session['id']}-{item['ordinal']}-{number}"
            self._expected[key] = (size, sha256)
            if key not in self.objects:  # what has arrived needs no request
                requests.append(self.request("PUT", key) | {"offset": offset, "size": size})
        return {"ordinal": item["ordinal"], "requests": requests}

    def _seal(self, session: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        for item in session["objects"].values():
            whole = self._object(session, item)
            for run in item["files"]:
                at = run["offset"]
                for file in session["files"][run["position"] :][: run.get("count", 1)]:
                    file["data"] = whole[at : at + file["size"]]
                    at += file["size"]
                    if digest(file["data"]) != file["digest"]:
                        raise Refused(400, "digest_mismatch", f"{file['path']} is not what was announced.")
        for file in session["files"]:
            file.setdefault("data", self.known.get(file["digest"]))
            if file["data"] is None:
                raise Refused(409, "upload_incomplete", f"{file['path']} is missing.")
        session["state"] = "sealed"
        return self._told(session)

    def _object(self, session: dict[str, Any], item: dict[str, Any]) -> bytes:
        count = len(item.get("parts", [])) or 1
        keys = [f"{session['id']}-{item['ordinal']}-{number}" for number in range(count)]
        if not all(key in self.objects for key in keys):
            raise Refused(409, "upload_incomplete", "Bytes are missing.")
        return b"".join(self.objects[key] for key in keys)

    def _commit(self, session: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        assert session["state"] in ("sealed", "committed")
        session["state"] = "committed"
        return self._told(session)

    def _abort(self, session: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        session["state"] = "aborted"
        return self._told(session)

    def _told(self, session: dict[str, Any]) -> dict[str, Any]:
        told = {name: session[name] for name in ("id", "state", "purpose", "fileset")}
        return told | {"expires_at": EXPIRY, "file_count": len(session["files"]), "snapshot": None}

    # What a test asks

    def contents(self, upload_id: str) -> dict[str, bytes]:
        """The files of a sealed upload."""
        return {file["path"]: file["data"] for file in self.uploads[upload_id]["files"]}
