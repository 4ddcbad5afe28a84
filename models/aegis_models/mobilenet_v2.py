# SPDX-License-Identifier: Apache-2.0
"""MobileNetV2, width 1.0, for 224 x 224 images and 1000 classes.

Sandler, Howard, Zhu, Zhmoginov, Chen, "MobileNetV2: Inverted Residuals and Linear Bottlenecks",
CVPR 2018, table 2. An inverted residual expands by t (1x1, ReLU6), filters each channel (3x3
depthwise, ReLU6), and projects back without an activation; it adds its input where shapes agree.

3,504,872 parameters with batch normalisation's 2 x 17,056; folding leaves half of these as biases.
"""

from .graph import LINEAR, Graph

# The paper's t (expansion), c (channels), n (repetitions), s (stride of the first).
TABLE = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
         (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]

# Blocks that begin a new part, chosen for like running times: the first blocks have few operations
# but large images, so they cost more than their share of the multiplications.
CUT_BEFORE = (2, 5, 12)


def _inverted_residual(g, x, expansion, channels, stride):
    inner = g.shape(x)[1] * expansion
    y = x
    if expansion != 1:
        y = g.relu6(g.conv(y, inner, 1))
    y = g.relu6(g.conv(y, inner, 3, stride, groups=inner))
    y = g.conv(y, channels, 1, gain=LINEAR)
    return g.add(x, y) if g.shape(x) == g.shape(y) else y


def build(seed):
    g = Graph("mobilenet_v2", seed)
    with g.scope("stem"):
        x = g.relu6(g.conv(g.input("image", (1, 3, 224, 224)), 32, 3, 2))
    blocks = [(t, c, s if repetition == 0 else 1)
              for t, c, n, s in TABLE for repetition in range(n)]
    for index, (expansion, channels, stride) in enumerate(blocks):
        if index in CUT_BEFORE:
            g.cut()
        with g.scope(f"block{index}"):
            x = _inverted_residual(g, x, expansion, channels, stride)
    with g.scope("head"):
        x = g.relu6(g.conv(x, 1280, 1))
    g.output(g.dense(g.global_average_pool(x), 1000), "logits")
    return g
