#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of the model generator. Needs python3-onnx alone: /usr/bin/python3 test_generate.py

Published parameter counts include two values for each channel of batch normalisation, scale and
shift; a folded model has one, the bias. So: published = ours + normalised channels.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnx
from onnx import numpy_helper, shape_inference

from aegis_models import MODELS, control_mlp, hostile, store
from aegis_models.cut import cut
from aegis_models.graph import IR_VERSION, OPSET

PUBLISHED = {"mobilenet_v2": 3504872, "resnet18": 11689512}
PARTS = {"mobilenet_v2": 4, "resnet18": 8, "yolo_nano": 4, "encoder4": 4, "control_mlp": 1}
GENERATE = pathlib.Path(__file__).with_name("generate.py")


def shapes(infos):
    return {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in infos}


def names(infos):
    return [v.name for v in infos]


class Architecture(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.graphs = {name: build(1) for name, build in MODELS.items()}
        cls.models = {name: graph.model() for name, graph in cls.graphs.items()}

    def test_image_classifiers_have_the_published_number_of_parameters(self):
        for name, published in PUBLISHED.items():
            convolutions = [n for n in self.models[name].graph.node if n.op_type == "Conv"]
            biases = {n.input[2] for n in convolutions}
            channels = sum(c.dims[0] for c in self.models[name].graph.initializer
                           if c.name in biases)
            self.assertEqual(self.graphs[name].parameters + channels, published, name)

    def test_yolo_nano_has_yolov5n_fused_parameter_count(self):
        self.assertEqual(self.graphs["yolo_nano"].parameters, 1867405)

    def test_encoder4_follows_the_formula(self):
        h, layers = 256, 4
        self.assertEqual(self.graphs["encoder4"].parameters, layers * (12 * h * h + 13 * h))

    def test_control_mlp_is_dense(self):
        widths = [control_mlp.STATE, *control_mlp.HIDDEN, control_mlp.ACTIONS]
        self.assertEqual(self.graphs["control_mlp"].parameters,
                         sum((a + 1) * b for a, b in zip(widths, widths[1:])))

    def test_parameters_counts_the_stored_weights(self):
        for name, model in self.models.items():
            weights = sum(int(np.prod(c.dims)) for c in model.graph.initializer
                          if not c.name.startswith("const_"))
            self.assertEqual(self.graphs[name].parameters, weights, name)

    def test_shapes_are_static_and_agree_with_onnx_inference(self):
        for name, model in self.models.items():
            bare = onnx.ModelProto()
            bare.CopyFrom(model)
            del bare.graph.value_info[:]
            for v in bare.graph.output:
                v.type.tensor_type.ClearField("shape")
            inferred = shape_inference.infer_shapes(bare, check_type=True, strict_mode=True).graph
            ours = {**shapes(model.graph.value_info), **shapes(model.graph.output)}
            self.assertEqual(ours, {**shapes(inferred.value_info), **shapes(inferred.output)}, name)
            self.assertTrue(all(d > 0 for shape in ours.values() for d in shape), name)

    def test_models_are_valid_folded_and_of_the_declared_versions(self):
        for name, model in self.models.items():
            onnx.checker.check_model(model)
            self.assertEqual((model.ir_version, model.opset_import[0].version), (IR_VERSION, OPSET))
            self.assertNotIn("BatchNormalization", {n.op_type for n in model.graph.node}, name)

    def test_weights_are_finite_and_vary(self):
        for name, model in self.models.items():
            for c in model.graph.initializer:
                values = numpy_helper.to_array(c)
                self.assertTrue(np.isfinite(values).all(), c.name)
                if not c.name.startswith("const_"):
                    self.assertGreater(values.std(), 0, f"{name} {c.name}")

    def test_parts_compose_to_the_model(self):
        for name, model in self.models.items():
            parts = cut(model, self.graphs[name].cuts)
            self.assertEqual(len(parts), PARTS[name])
            known = shapes(model.graph.input)
            for part in parts:
                onnx.checker.check_model(part)
                wanted = shapes(part.graph.input)
                self.assertEqual(wanted, {t: known.get(t) for t in wanted}, part.graph.name)
                known.update(shapes(part.graph.output))
                read = {t for n in part.graph.node for t in n.input}
                self.assertLessEqual(set(wanted), read, "an input that the part does not need")
            self.assertEqual(names(parts[-1].graph.output), names(model.graph.output))
            self.assertEqual([n for part in parts for n in part.graph.node], list(model.graph.node))
            weights = {c.name: c for c in model.graph.initializer}
            for part in parts:
                self.assertTrue(all(c == weights[c.name] for c in part.graph.initializer))

    def test_cut_refuses_an_empty_part(self):
        with self.assertRaises(ValueError):
            cut(self.models["control_mlp"], [3, 3])


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_generate(self, *arguments):
        command = [sys.executable, GENERATE, *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def contents(self, folder):
        return {f.name: f.read_bytes() for f in folder.iterdir() if f.name != ".lock"}

    def test_equal_seeds_give_equal_bytes_and_other_seeds_do_not(self):
        for folder, seed in (("a", "1"), ("b", "1"), ("c", "2")):
            run = self.run_generate("--out", self.folder / folder, "--seed", seed)
            self.assertEqual(run.returncode, 0, run.stderr)
        a, b, c = (self.contents(self.folder / f) for f in "abc")
        self.assertEqual(a.keys(), b.keys())
        self.assertTrue(all(a[f] == b[f] for f in a))
        self.assertTrue(all(a[f] != c[f] for f in a))
        sizes = {e["name"]: e["bytes"] for e in json.loads(a[store.MANIFEST])["models"]}
        self.assertEqual(list(sizes), list(MODELS))
        self.assertTrue(all(2e6 <= size <= 50e6 for size in sizes.values()), sizes)

    def test_what_is_up_to_date_is_left_alone_and_damage_is_repaired(self):
        mlp = ["control_mlp"]
        store.generate(self.folder, 1, mlp)
        before = self.contents(self.folder)
        stamp = (self.folder / "control_mlp.onnx").stat().st_mtime_ns
        store.generate(self.folder, 1, mlp)
        self.assertEqual((self.folder / "control_mlp.onnx").stat().st_mtime_ns, stamp)
        (self.folder / "control_mlp.onnx").write_bytes(b"damaged")
        (self.folder / "control_mlp.part1.onnx").write_bytes(b"from an older cut")
        store.generate(self.folder, 1, mlp)
        self.assertEqual(self.contents(self.folder), before)
        (self.folder / store.MANIFEST).write_text("not JSON")
        store.generate(self.folder, 1, mlp)
        self.assertEqual(self.contents(self.folder), before)

    def test_one_more_model_keeps_the_others_in_the_manifest(self):
        store.generate(self.folder, 1, ["encoder4"])
        manifest = store.generate(self.folder, 1, ["yolo_nano"])
        self.assertEqual([e["name"] for e in manifest["models"]], ["yolo_nano", "encoder4"])
        self.assertEqual(manifest, json.loads((self.folder / store.MANIFEST).read_text()))

    def test_usage_errors_are_one_line_and_exit_2(self):
        for arguments in ([], ["--out", self.folder, "--only", "resnet19"],
                          ["--out", self.folder, "--seed", "-1"]):
            run = self.run_generate(*arguments)
            self.assertEqual(run.returncode, 2)
            self.assertIn("error:", run.stderr.splitlines()[-1])

    def test_an_unusable_folder_exits_4(self):
        (self.folder / "file").write_text("")
        run = self.run_generate("--out", self.folder / "file" / "models")
        self.assertEqual((run.returncode, len(run.stderr.splitlines())), (4, 1), run.stderr)

    def test_hostile_files_are_small_and_wrong(self):
        run = self.run_generate("--hostile", self.folder)
        self.assertEqual(run.returncode, 0, run.stderr)
        files = self.contents(self.folder)
        self.assertEqual(files.keys(), hostile.FILES.keys())
        self.assertTrue(all(len(data) < 64 * 1024 for data in files.values()))
        for name in ("truncated.onnx", "garbage.onnx"):
            with self.assertRaises(Exception, msg=name):
                onnx.load_from_string(files[name])
        for name in ("unknown_op.onnx", "cyclic.onnx", "huge_weight.onnx"):
            with self.assertRaises(Exception, msg=name):
                onnx.checker.check_model(onnx.load_from_string(files[name]))


if __name__ == "__main__":
    unittest.main()
