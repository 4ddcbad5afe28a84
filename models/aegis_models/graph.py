# SPDX-License-Identifier: Apache-2.0
"""A small builder of static-shape ONNX graphs with seeded weights.

Every tensor's shape is known while building, so nothing is left to inference. Batch normalisation
never appears: at inference it is an affine map per channel that folds into the convolution before,
    gamma * (W x - mean) / sigma + beta  =  (gamma / sigma) W x + (beta - gamma * mean / sigma),
which is why each convolution here has a bias and deployed models have no BatchNormalization nodes.

Weights are drawn so that a unit-variance input stays near unit variance through the network (He et
al., "Delving Deep into Rectifiers", ICCV 2015; Glorot and Bengio, AISTATS 2010): the standard
deviation is sqrt(gain / fan_in), where gain = 1 / E[f(z)^2] for z ~ N(0, 1) and activation f.
"""

import contextlib
import zlib

import numpy as np
from onnx import TensorProto, helper, numpy_helper

OPSET = 17  # The first with LayerNormalization.
IR_VERSION = 8  # The newest that onnx 1.12 writes; later versions would otherwise choose their own.

LINEAR, RELU = 1.0, 2.0


class Graph:
    """Nodes in topological order, each tensor's shape, and where the model is cut into parts."""

    def __init__(self, name, seed):
        self.name = name
        self.parameters = 0  # Learnt values; shapes, bounds and other constants do not count.
        self.cuts = []  # Indices into nodes; a cut at i separates nodes[i - 1] from nodes[i].
        self._nodes, self._constants, self._shapes = [], {}, {}
        self._inputs, self._outputs, self._scope = [], [], ""
        # A stream per model: adding a model or building only one leaves the others' bytes alone.
        self._random = np.random.default_rng([seed, zlib.crc32(name.encode())])

    @contextlib.contextmanager
    def scope(self, name):
        outer, self._scope = self._scope, f"{self._scope}{name}/"
        yield
        self._scope = outer

    def shape(self, tensor):
        return self._shapes[tensor]

    def input(self, name, shape):
        self._inputs.append(name)
        self._shapes[name] = tuple(shape)
        return name

    def output(self, tensor, name):
        """Ends the graph at `tensor`, renamed; call it before anything else reads the tensor."""
        node = next(n for n in self._nodes if tensor in n.output)
        node.output[list(node.output).index(tensor)] = name
        self._shapes[name] = self._shapes.pop(tensor)
        self._outputs.append(name)

    def cut(self):
        self.cuts.append(len(self._nodes))

    def op(self, kind, inputs, shape, **attributes):
        name = f"{self._scope}{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        self._shapes[name] = tuple(shape)
        return name

    def constant(self, value, dtype=np.float32):
        """A fixed value, stored once however often it is used."""
        array = np.asarray(value, dtype)
        name = f"const_{array.dtype}_{'x'.join(str(v) for v in array.ravel())}"
        self._constants[name] = array
        return name

    def weight(self, shape, std, mean=0.0):
        array = self._random.standard_normal(shape, np.float32) * np.float32(std)
        name = f"{self._scope}w{len(self._constants)}"
        self._constants[name] = array + np.float32(mean)
        self.parameters += array.size
        return name

    # Layers.

    def conv(self, x, channels, kernel, stride=1, groups=1, gain=RELU, pad=None):
        n, c, h, w = self.shape(x)
        pad = kernel // 2 if pad is None else pad
        fan_in = c // groups * kernel * kernel
        weight = self.weight((channels, c // groups, kernel, kernel), np.sqrt(gain / fan_in))
        bias = self.weight((channels,), 0.05)
        h, w = ((side + 2 * pad - kernel) // stride + 1 for side in (h, w))
        return self.op("Conv", [x, weight, bias], (n, channels, h, w), kernel_shape=[kernel] * 2,
                       strides=[stride] * 2, pads=[pad] * 4, group=groups)

    def linear(self, x, features, gain=LINEAR):
        """x W + b over the last axis, whatever the rank of x."""
        *outer, fan_in = self.shape(x)
        weight = self.weight((fan_in, features), np.sqrt(gain / fan_in))
        bias = self.weight((features,), 0.05)
        product = self.op("MatMul", [x, weight], (*outer, features))
        return self.op("Add", [product, bias], (*outer, features))

    def dense(self, x, features, gain=LINEAR):
        """x W^T + b for a matrix x, as one Gemm: how exporters write a classifier's last layer."""
        rows, fan_in = self.shape(x)
        weight = self.weight((features, fan_in), np.sqrt(gain / fan_in))
        bias = self.weight((features,), 0.05)
        return self.op("Gemm", [x, weight, bias], (rows, features), transB=1)

    def max_pool(self, x, kernel, stride=1):
        n, c, h, w = self.shape(x)
        pad = kernel // 2
        h, w = ((side + 2 * pad - kernel) // stride + 1 for side in (h, w))
        return self.op("MaxPool", [x], (n, c, h, w), kernel_shape=[kernel] * 2,
                       strides=[stride] * 2, pads=[pad] * 4)

    def global_average_pool(self, x):
        """(n, c, h, w) to (n, c)."""
        n, c, _, _ = self.shape(x)
        return self.op("Flatten", [self.op("GlobalAveragePool", [x], (n, c, 1, 1))], (n, c))

    def layer_norm(self, x):
        width = self.shape(x)[-1]
        scale, shift = self.weight((width,), 0.02, mean=1.0), self.weight((width,), 0.02)
        return self.op("LayerNormalization", [x, scale, shift], self.shape(x), epsilon=1e-5)

    def unary(self, kind, x, **attributes):
        return self.op(kind, [x], self.shape(x), **attributes)

    def relu6(self, x):
        return self.op("Clip", [x, self.constant(0), self.constant(6)], self.shape(x))

    def silu(self, x):
        return self.op("Mul", [x, self.unary("Sigmoid", x)], self.shape(x))

    def add(self, x, y):
        return self.op("Add", [x, y], self.shape(x))

    def concat(self, tensors):
        """Along the channels."""
        n, _, h, w = self.shape(tensors[0])
        return self.op("Concat", tensors, (n, sum(self.shape(t)[1] for t in tensors), h, w), axis=1)

    def upsample2(self, x):
        n, c, h, w = self.shape(x)
        return self.op("Resize", [x, "", self.constant([1, 1, 2, 2])], (n, c, 2 * h, 2 * w),
                       mode="nearest", coordinate_transformation_mode="asymmetric",
                       nearest_mode="floor")

    def reshape(self, x, shape):
        return self.op("Reshape", [x, self.constant(shape, np.int64)], shape)

    def transpose(self, x, order):
        return self.op("Transpose", [x], [self.shape(x)[axis] for axis in order], perm=order)

    def model(self):
        def info(name):
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, self._shapes[name])

        inner = [t for t in self._shapes if t not in self._inputs and t not in self._outputs]
        graph = helper.make_graph(
            self._nodes, self.name, [info(t) for t in self._inputs],
            [info(t) for t in self._outputs],
            [numpy_helper.from_array(array, name) for name, array in self._constants.items()],
            value_info=[info(t) for t in inner])
        return wrap(graph)


def wrap(graph):
    return helper.make_model(graph, producer_name="aegisrt-models", ir_version=IR_VERSION,
                             opset_imports=[helper.make_opsetid("", OPSET)])
