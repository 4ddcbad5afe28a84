# SPDX-License-Identifier: Apache-2.0
"""A single-shot detector of YOLOv5n's dimensions, for 320 x 320 images and 80 classes.

Redmon, Divvala, Girshick, Farhadi, "You Only Look Once", CVPR 2016, in the form of Jocher's YOLOv5
(doi:10.5281/zenodo.3908559), smallest size. Its pieces:
  csp    Wang et al., "CSPNet", CVPR Workshops 2020: half the channels skip the residual blocks;
  sppf   He et al., "Spatial Pyramid Pooling", TPAMI 2015, as three 5x5 poolings in a row;
  neck   Lin et al., "Feature Pyramid Networks", CVPR 2017 (top-down), then Liu et al., "Path
         Aggregation Network", CVPR 2018 (bottom-up);
  heads  one 1x1 convolution for each of strides 8, 16 and 32. Boxes are decoded by the host.

1,867,405 parameters with batch normalisation folded.
"""

from .graph import LINEAR, RELU, Graph

CLASSES, ANCHORS = 80, 3

# SiLU is close to ReLU for large inputs but halves small ones, so a signal that once falls below
# unit variance vanishes over some fifty of them. The stem lifts it to where ReLU's gain is right.
STEM_GAIN = 60


def _conv(g, x, channels, kernel, stride=1, pad=None, gain=RELU):
    return g.silu(g.conv(x, channels, kernel, stride, gain=gain, pad=pad))


def _csp(g, x, channels, depth, shortcut):
    half = channels // 2
    y = _conv(g, x, half, 1)
    for _ in range(depth):
        z = _conv(g, _conv(g, y, half, 1), half, 3)
        y = g.add(y, z) if shortcut else z
    return _conv(g, g.concat([y, _conv(g, x, half, 1)]), channels, 1)


def _sppf(g, x):
    channels = g.shape(x)[1]
    pools = [_conv(g, x, channels // 2, 1)]
    for _ in range(3):
        pools.append(g.max_pool(pools[-1], 5))
    return _conv(g, g.concat(pools), channels, 1)


def _backbone(g, x):
    """The features at strides 8, 16 and 32."""
    x = _conv(g, x, 16, 6, 2, pad=2, gain=STEM_GAIN)
    features = []
    for stride, (channels, depth) in zip((4, 8, 16, 32), [(32, 1), (64, 2), (128, 3), (256, 1)]):
        if stride == 16:
            g.cut()
        with g.scope(f"stride{stride}"):
            x = _csp(g, _conv(g, x, channels, 3, 2), channels, depth, shortcut=True)
        features.append(x)
    with g.scope("sppf"):
        return features[1], features[2], _sppf(g, x)


def build(seed):
    g = Graph("yolo_nano", seed)
    with g.scope("backbone"):
        p3, p4, p5 = _backbone(g, g.input("image", (1, 3, 320, 320)))
    g.cut()
    with g.scope("top_down"):
        p5 = _conv(g, p5, 128, 1)
        p4 = _conv(g, _csp(g, g.concat([g.upsample2(p5), p4]), 128, 1, shortcut=False), 64, 1)
        p3 = _csp(g, g.concat([g.upsample2(p4), p3]), 64, 1, shortcut=False)
    g.cut()
    with g.scope("bottom_up"):
        p4 = _csp(g, g.concat([_conv(g, p3, 64, 3, 2), p4]), 128, 1, shortcut=False)
        p5 = _csp(g, g.concat([_conv(g, p4, 128, 3, 2), p5]), 256, 1, shortcut=False)
    with g.scope("heads"):
        for name, x in (("p3", p3), ("p4", p4), ("p5", p5)):
            g.output(g.conv(x, ANCHORS * (5 + CLASSES), 1, gain=LINEAR), name)
    return g
