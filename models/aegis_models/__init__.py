# SPDX-License-Identifier: Apache-2.0
"""The demo's models: their real architectures, with seeded random weights.

Scheduling depends on a network's shape, never on what it has learnt, so random weights are as good
as trained ones and need no download. Each module builds one model from its paper's table.
"""

from . import control_mlp, encoder4, mobilenet_v2, resnet18, yolo_nano

MODELS = {
    "mobilenet_v2": mobilenet_v2.build,
    "resnet18": resnet18.build,
    "yolo_nano": yolo_nano.build,
    "encoder4": encoder4.build,
    "control_mlp": control_mlp.build,
}
