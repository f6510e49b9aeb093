"""convert_checkpoint.py on a folder as old LLaMA checkpoints are, pickled by
torch, and the command that our own refusal names. Skips without torch."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

try:
    import torch
    import safetensors.torch
except ImportError:
    print("[  SKIPPED ] no torch and safetensors in this Python; PEERS_VENV "
          "names a virtual environment that has them")
    sys.exit(0)

BIN, SOURCE = sys.argv.pop(1), sys.argv.pop(1)
SCRIPT = os.path.join("experiments", "convert", "convert_checkpoint.py")
CONFIG = {"architectures": ["LLaMAForCausalLM"], "model_type": "llama",
          "vocab_size": 16, "hidden_size": 8, "num_hidden_layers": 2,
          "num_attention_heads": 2, "intermediate_size": 12,
          "max_sequence_length": 64, "bos_token_id": 0, "eos_token_id": 1,
          "pad_token_id": -1, "rms_norm_eps": 1e-6}


def weights():
    torch.manual_seed(1)
    shapes = {"model.embed_tokens.weight": (16, 8), "model.norm.weight": (8,),
              "lm_head.weight": (16, 8)}
    for layer in range(2):
        prefix = f"model.layers.{layer}."
        for name in "qkvo":
            shapes[f"{prefix}self_attn.{name}_proj.weight"] = (8, 8)
        for name in ("gate", "up"):
            shapes[f"{prefix}mlp.{name}_proj.weight"] = (12, 8)
        shapes[f"{prefix}mlp.down_proj.weight"] = (8, 12)
        for name in ("input", "post_attention"):
            shapes[f"{prefix}{name}_layernorm.weight"] = (8,)
        shapes[f"{prefix}self_attn.rotary_emb.inv_freq"] = (2,)
    return {name: torch.randn(shape).half() for name, shape in shapes.items()}


class ConvertCheckpointTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.old = os.path.join(self.root, "old")
        self.new = os.path.join(self.root, "new")
        os.mkdir(self.old)
        self.write_json("config.json", CONFIG)

    def write_json(self, name, value):
        with open(os.path.join(self.old, name), "w",
                  encoding="utf-8") as file:
            json.dump(value, file)

    def pickle(self, name, value):
        torch.save(value, os.path.join(self.old, name))

    def pickle_in_shards(self, tensors):
        names = sorted(tensors)
        shards = {"pytorch_model-00001-of-00002.bin": names[:9],
                  "pytorch_model-00002-of-00002.bin": names[9:]}
        for shard, members in shards.items():
            self.pickle(shard, {name: tensors[name] for name in members})
        self.write_json("pytorch_model.bin.index.json", {"weight_map": {
            name: shard for shard, members in shards.items()
            for name in members}})

    def run_command(self, *command):
        done = subprocess.run(command, cwd=SOURCE, check=False, text=True,
                              stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def convert(self):
        return self.run_command(sys.executable, SCRIPT, self.old, self.new)

    def load(self, folder, adapter=None):
        """Loads it with this project and computes logits."""
        ids = os.path.join(self.root, "ids.json")
        with open(ids, "w", encoding="utf-8") as file:
            json.dump([[0, 3, 7]], file)
        return self.run_command(os.path.join(BIN, "dump_logits"), "--model",
                                folder, "--ids", ids, "--out",
                                os.path.join(self.root, "out"),
                                *(["--adapter", adapter] if adapter else []))

    def test_shards_are_refused_converted_and_read(self):
        tensors = weights()
        self.pickle_in_shards(tensors)
        code, text = self.load(self.old)
        self.assertEqual(code, 2)
        self.assertIn(f"python3 {SCRIPT} {self.old} ", text)
        self.assertEqual(self.convert()[0], 0)
        self.assertEqual(self.load(self.new), (0, ""))
        read = {}
        for number in (1, 2):
            read.update(safetensors.torch.load_file(os.path.join(
                self.new, f"model-0000{number}-of-00002.safetensors")))
        expected = {name: tensor for name, tensor in tensors.items()
                    if "inv_freq" not in name}
        self.assertEqual(sorted(read), sorted(expected))
        for name, tensor in expected.items():
            self.assertTrue(torch.equal(read[name], tensor), name)

    def test_one_pickle_with_a_tied_output_matrix(self):
        self.write_json("config.json", {**CONFIG, "tie_word_embeddings": True})
        tensors = weights()
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"]
        self.pickle("pytorch_model.bin", tensors)
        self.assertEqual(self.convert()[0], 0)
        self.assertEqual(self.load(self.new), (0, ""))

    def test_code_in_a_pickle_is_not_run(self):
        class Evil:
            def __reduce__(self):
                return os.mkdir, (self.path,)
        evil = Evil()
        evil.path = os.path.join(self.root, "ran")
        self.pickle("pytorch_model.bin", {"x": evil})
        code, text = self.convert()
        self.assertEqual(code, 2)
        self.assertIn("holds more than tensors or is damaged", text)
        self.assertFalse(os.path.exists(evil.path))
        self.assertEqual(os.listdir(self.root), ["old"])

    def test_an_old_adapter_is_refused_converted_and_read(self):
        self.pickle("pytorch_model.bin", weights())
        self.assertEqual(self.convert()[0], 0)
        model = self.new
        self.old, self.new = (os.path.join(self.root, name)
                              for name in ("old-adapter", "new-adapter"))
        os.mkdir(self.old)
        self.write_json("adapter_config.json", {
            "peft_type": "LORA", "r": 2, "lora_alpha": 4,
            "target_modules": ["q_proj"]})
        prefix = "base_model.model.model.layers.{}.self_attn.q_proj.lora_{}"
        self.pickle("adapter_model.bin", {
            prefix.format(layer, matrix) + ".weight": torch.ones(shape)
            for layer in range(2)
            for matrix, shape in (("A", (2, 8)), ("B", (8, 2)))})
        code, text = self.load(model, self.old)
        self.assertEqual(code, 2)
        self.assertIn(f"python3 {SCRIPT} {self.old} ", text)
        self.assertEqual(self.convert()[0], 0)
        self.assertEqual(self.load(model, self.new), (0, ""))

    def test_what_cannot_be_converted_is_named(self):
        code, text = self.convert()
        self.assertEqual(code, 2)
        self.assertIn("has none of pytorch_model.bin", text)
        self.pickle("pytorch_model.bin", [torch.ones(1)])
        self.assertIn("holds a list, not a dictionary", self.convert()[1])
        self.pickle("pytorch_model.bin", {"x": 3})
        self.assertIn("'x' is a int, not a tensor", self.convert()[1])
        os.mkdir(self.new)
        self.assertIn("exists already", self.convert()[1])


if __name__ == "__main__":
    unittest.main()
