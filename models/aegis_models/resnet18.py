# SPDX-License-Identifier: Apache-2.0
"""ResNet-18 for 224 x 224 images and 1000 classes.

He, Zhang, Ren, Sun, "Deep Residual Learning for Image Recognition", CVPR 2016, table 1: a 7x7 stem,
four stages of two basic blocks (3x3, 3x3, identity added before the last ReLU), and one classifier.
A projection (1x1, option B) replaces the identity where a stage halves the image.

11,689,512 parameters with batch normalisation's 2 x 4,800; folding leaves half of these as biases.
"""

from .graph import LINEAR, RELU, Graph

STAGES = [(64, 1), (128, 2), (256, 2), (512, 2)]  # (channels, stride of the first block)


def _basic_block(g, x, channels, stride):
    shortcut = x
    if stride != 1 or g.shape(x)[1] != channels:
        shortcut = g.conv(x, channels, 1, stride, gain=LINEAR)
    y = g.unary("Relu", g.conv(x, channels, 3, stride, gain=RELU))
    # A quarter of the variance: eight additions would otherwise double it eight times.
    y = g.conv(y, channels, 3, gain=RELU / 4)
    return g.unary("Relu", g.add(y, shortcut))


def build(seed):
    """Eight parts, one for each block: every block has nearly the same number of operations."""
    g = Graph("resnet18", seed)
    with g.scope("stem"):
        x = g.unary("Relu", g.conv(g.input("image", (1, 3, 224, 224)), 64, 7, 2))
        x = g.max_pool(x, 3, 2)
    for stage, (channels, stride) in enumerate(STAGES, 1):
        for block in (0, 1):
            if (stage, block) != (1, 0):
                g.cut()
            with g.scope(f"layer{stage}.{block}"):
                x = _basic_block(g, x, channels, stride if block == 0 else 1)
    g.output(g.dense(g.global_average_pool(x), 1000), "logits")
    return g
