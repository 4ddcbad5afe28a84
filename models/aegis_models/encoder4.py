# SPDX-License-Identifier: Apache-2.0
"""A transformer encoder: 4 layers, width 256, 4 heads, 128 tokens, already embedded.

Vaswani et al., "Attention Is All You Need", NeurIPS 2017, section 3, with GELU (Hendrycks and
Gimpel, 2016) as in BERT (Devlin et al., NAACL 2019); these are BERT-Mini's dimensions (Turc et al.,
"Well-Read Students Learn Better", 2019). The embedding table stays with the host: a look-up is not
worth a lane.

With H the width, a layer has 4 (H^2 + H) parameters for attention, 8 H^2 + 5 H for the feed-forward
net of inner width 4 H, and 4 H for two normalisations: 12 H^2 + 13 H, over four layers 3,159,040.
"""

import math

from .graph import Graph

LAYERS, WIDTH, HEADS, TOKENS = 4, 256, 4, 128
DEPTH = WIDTH // HEADS


def _heads(g, x, order):
    """(1, tokens, width) split into heads, axes then in `order`."""
    return g.transpose(g.reshape(x, (1, TOKENS, HEADS, DEPTH)), order)


def _attention(g, x):
    query = _heads(g, g.linear(x, WIDTH), (0, 2, 1, 3))
    key = _heads(g, g.linear(x, WIDTH), (0, 2, 3, 1))  # Transposed already, for q k^T.
    value = _heads(g, g.linear(x, WIDTH), (0, 2, 1, 3))
    square = (1, HEADS, TOKENS, TOKENS)
    scores = g.op("MatMul", [query, key], square)
    scores = g.op("Div", [scores, g.constant(math.sqrt(DEPTH))], square)
    mixed = g.op("MatMul", [g.unary("Softmax", scores, axis=-1), value], g.shape(value))
    joined = g.reshape(g.transpose(mixed, (0, 2, 1, 3)), (1, TOKENS, WIDTH))
    return g.linear(joined, WIDTH)


def _gelu(g, x):
    """x Phi(x) = x (1 + erf(x / sqrt 2)) / 2; Gelu is an operator only from opset 20 on."""
    shape = g.shape(x)
    erf = g.unary("Erf", g.op("Div", [x, g.constant(math.sqrt(2))], shape))
    product = g.op("Mul", [x, g.op("Add", [erf, g.constant(1)], shape)], shape)
    return g.op("Mul", [product, g.constant(0.5)], shape)


def _layer(g, x):
    x = g.layer_norm(g.add(x, _attention(g, x)))
    return g.layer_norm(g.add(x, g.linear(_gelu(g, g.linear(x, 4 * WIDTH, gain=2)), WIDTH)))


def build(seed):
    """Four parts, one for each layer."""
    g = Graph("encoder4", seed)
    x = g.input("embeddings", (1, TOKENS, WIDTH))
    for index in range(LAYERS):
        if index > 0:
            g.cut()
        with g.scope(f"layer{index}"):
            x = _layer(g, x)
    g.output(x, "encoded")
    return g
