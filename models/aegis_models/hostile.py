# SPDX-License-Identifier: Apache-2.0
"""Files that a loader must refuse with an error and survive: `FILES` maps each name to its maker.

A model file comes from outside; one that lies must cost a message, never a crash, a hang or memory.
"""

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .graph import wrap

KIBI_SQUARED = 1 << 20


def _info(name, shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _bytes(nodes, shape, initializers=(), opset=None, yields=None):
    model = wrap(helper.make_graph(nodes, "hostile", [_info("x", shape)],
                                   [_info("y", yields or shape)], list(initializers)))
    if opset:
        model.opset_import[0].version = opset
    return model.SerializeToString(deterministic=True)


def _relu(shape=(1, 4), **options):
    return _bytes([helper.make_node("Relu", ["x"], ["y"])], shape, **options)


def _truncated():
    """Ends in the middle of its weights."""
    weight = numpy_helper.from_array(np.ones((1, 4096), np.float32), "w")
    whole = _bytes([helper.make_node("Add", ["x", "w"], ["y"])], (1, 4096), [weight])
    return whole[:len(whole) // 2]


def _garbage():
    return np.random.default_rng(1).bytes(4096)


def _unknown_op():
    return _bytes([helper.make_node("FluxCapacitor", ["x"], ["y"])], (1, 4))


def _cyclic():
    """Two nodes, each of which waits for the other."""
    return _bytes([helper.make_node("Add", ["x", "b"], ["a"]),
                   helper.make_node("Relu", ["a"], ["b"]),
                   helper.make_node("Relu", ["b"], ["y"])], (1, 4))


def _with_weight(tensor):
    node = helper.make_node("Add", ["x", "w"], ["y"])
    return _bytes([node], (1, 1), [tensor], yields=list(tensor.dims))


def _huge_weight():
    """A weight that claims 2^40 values, 4 TiB, and holds none."""
    return _with_weight(TensorProto(name="w", data_type=TensorProto.FLOAT,
                                    dims=[KIBI_SQUARED, KIBI_SQUARED]))


def _external(location):
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1, 4],
                         data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=location)
    return _with_weight(tensor)


FILES = {
    "empty.onnx": lambda: b"",
    "truncated.onnx": _truncated,
    "garbage.onnx": _garbage,
    "dynamic_batch.onnx": lambda: _relu(("batch", 4)),
    "wrong_opset.onnx": lambda: _relu(opset=999),
    "unknown_op.onnx": _unknown_op,
    "cyclic.onnx": _cyclic,
    # Valid, but its activations are 4 TiB each: to be refused by arithmetic, not by trying.
    "huge_dims.onnx": lambda: _relu((KIBI_SQUARED, KIBI_SQUARED)),
    "huge_weight.onnx": _huge_weight,
    "external_data.onnx": lambda: _external("absent.bin"),
    "external_escape.onnx": lambda: _external("../../../../../../etc/hostname"),
}
