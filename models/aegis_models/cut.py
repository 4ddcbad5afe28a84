# SPDX-License-Identifier: Apache-2.0
"""Cuts a model into parts that run one after another, each a short non-preemptible segment.

Part k holds the nodes between two cuts. It reads the tensors that it needs and does not produce,
and yields those that a later part or the model's caller needs, all under their own names:

    nodes     a b | c d | e         part0 reads x,    yields b
    edges     x>a>b>c>d>e, b>e      part1 reads b,    yields d
                                    part2 reads d, b, yields e

so running the parts in order over one dictionary of tensors is running the model. Nodes are neither
added nor changed: the parts compute what the model computes.
"""

from onnx import helper

from .graph import wrap


def cut(model, boundaries):
    """The parts of `model`; `boundaries` are node indices, perhaps none (one part)."""
    graph = model.graph
    edges = [0, *boundaries, len(graph.node)]
    if any(a >= b for a, b in zip(edges, edges[1:])):
        raise ValueError(f"{graph.name}: a part without nodes, boundaries {boundaries}")
    slices = [list(graph.node)[a:b] for a, b in zip(edges, edges[1:])]
    info = {v.name: v for v in [*graph.input, *graph.output, *graph.value_info]}
    final = {v.name for v in graph.output}
    return [_part(graph, index, nodes, info, _read_by(slices[index + 1:]) | final)
            for index, nodes in enumerate(slices)]


def _read_by(slices):
    return {tensor for nodes in slices for node in nodes for tensor in node.input}


def _part(graph, index, nodes, info, wanted_later):
    made = [tensor for node in nodes for tensor in node.output]
    read = list(dict.fromkeys(t for node in nodes for t in node.input if t))
    constants = [c for c in graph.initializer if c.name in set(read)]
    held = {c.name for c in constants} | set(made)
    yields = [t for t in made if t in wanted_later]
    # The model's outputs keep their declared order; in every part but the last there are none.
    order = {v.name: rank for rank, v in enumerate(graph.output)}
    yields.sort(key=lambda t: order.get(t, -1))
    return wrap(helper.make_graph(
        nodes, f"{graph.name}.part{index}", [info[t] for t in read if t not in held],
        [info[t] for t in yields], constants,
        value_info=[info[t] for t in made if t not in yields]))
