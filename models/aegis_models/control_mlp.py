# SPDX-License-Identifier: Apache-2.0
"""A control policy: a multilayer perceptron from a robot's state to its joint targets.

Hwangbo et al., "Learning agile and dynamic motor skills for legged robots", Science Robotics 2019:
60 state variables, tanh layers, 12 joint targets. Theirs has hidden layers of 256 and 128; ours has
three of 512, so that its 2.3 MB of weights do not stay in a first-level cache between two jobs.
"""

from .graph import LINEAR, Graph

STATE, HIDDEN, ACTIONS = 60, (512, 512, 512), 12


def build(seed):
    """One part: it runs for well under a millisecond."""
    g = Graph("control_mlp", seed)
    x = g.input("state", (1, STATE))
    for width in HIDDEN:
        x = g.unary("Tanh", g.dense(x, width, gain=2.5))  # 1 / E[tanh(z)^2] = 2.54.
    g.output(g.dense(x, ACTIONS, gain=LINEAR), "action")
    return g
