# SPDX-License-Identifier: Apache-2.0
"""Writes models and their parts into a folder, with a manifest that says what is there.

Invariants:
  1. A file appears whole or not at all: it is written beside its place, then renamed.
  2. The manifest is written last, so a file that it names, with the checksum that it names, is
     complete. A run that was interrupted costs only the models which it had not yet recorded.
  3. Equal generator, seed and name give equal bytes. `generator` is a hash of this package's
     sources, so a change of any of them makes every older model out of date.
"""

import fcntl
import hashlib
import json
import os
import pathlib
import re
import tempfile

from onnx import TensorProto

from . import MODELS
from .cut import cut

SCHEMA = 1
MANIFEST = "manifest.json"


def generator_id():
    digest = hashlib.sha256()
    for source in sorted(pathlib.Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]


def write_atomically(path, data):
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o644)  # mkstemp's 0600 would hide the file from other users.
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def generate(out, seed, names, report=lambda line: None):
    """Brings `names` up to date in the folder `out` and returns the manifest."""
    out.mkdir(parents=True, exist_ok=True)
    with open(out / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # Two builds may share the folder.
        entries, generator = _read_manifest(out), generator_id()
        for name in names:
            if _up_to_date(out, entries.get(name), generator, seed):
                report(f"{name}: up to date")
                continue
            entries[name] = {"generator": generator, "seed": seed, **_write(out, name, seed)}
            report(f"{name}: {entries[name]['bytes'] / 1e6:.1f} MB, "
                   f"{len(entries[name]['parts'])} part(s)")
            write_atomically(out / MANIFEST, _text(_manifest(entries)).encode())
        return _manifest(entries)


def _manifest(entries):
    """In MODELS' order, so that the file does not depend on the order of generation."""
    return {"schema": SCHEMA, "models": [entries[name] for name in MODELS if name in entries]}


def _text(manifest):
    """Indented JSON, but with each shape on one line."""
    indented = json.dumps(manifest, indent=2)
    return re.sub(r"\[[\d,\s]+\]", lambda m: " ".join(m[0].split()), indented) + "\n"


def _read_manifest(out):
    """Entries by name; none if the manifest is absent, unreadable or of another schema."""
    try:
        manifest = json.loads((out / MANIFEST).read_bytes())
        if manifest["schema"] == SCHEMA:
            return {entry["name"]: entry for entry in manifest["models"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {}


def _up_to_date(out, entry, generator, seed):
    if not entry or (entry.get("generator"), entry.get("seed")) != (generator, seed):
        return False
    try:
        return all(hashlib.sha256((out / file["file"]).read_bytes()).hexdigest() == file["sha256"]
                   for file in [entry, *entry["parts"]])
    except OSError:
        return False


def _write(out, name, seed):
    graph = MODELS[name](seed)
    model = graph.model()
    parts = cut(model, graph.cuts)
    for stale in out.glob(f"{name}.part*.onnx"):
        stale.unlink()
    return {"name": name, "parameters": graph.parameters,
            **_write_model(out / f"{name}.onnx", model),
            "parts": [_write_model(out / f"{name}.part{index}.onnx", part)
                      for index, part in enumerate(parts)]}


def _write_model(path, model):
    data = model.SerializeToString(deterministic=True)
    write_atomically(path, data)
    return {"file": path.name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(),
            "inputs": [_tensor(v) for v in model.graph.input],
            "outputs": [_tensor(v) for v in model.graph.output]}


def _tensor(info):
    kind = info.type.tensor_type
    return {"name": info.name, "type": TensorProto.DataType.Name(kind.elem_type).lower(),
            "shape": [dim.dim_value for dim in kind.shape.dim]}
