"""Models with random weights, made and saved by the real transformers."""

import json
import os
import shutil

import torch
import transformers

from reference_tokenizer import ReferenceTokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
EMBEDDED = os.path.join(ROOT, "experiments", "tinyworld", "model")
BYTE_LEVEL = os.path.join(ROOT, "tests", "unit", "llama_checkpoint",
                          "tokenizers")
TOKENIZERS = {"sentencepiece": EMBEDDED,
              "llama3": os.path.join(BYTE_LEVEL, "llama3"),
              "qwen2": os.path.join(BYTE_LEVEL, "qwen2")}
TOKENIZER_FILES = ("tokenizer.model", "tokenizer.json",
                   "tokenizer_config.json")
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
SMALL = {"hidden_size": 64, "intermediate_size": 112, "num_hidden_layers": 4,
         "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 8}

# name: (model_type, tokenizer, config)
MODELS = {
    "random-gqa": ("llama", "sentencepiece", {
        "hidden_size": 96, "intermediate_size": 200, "num_hidden_layers": 6,
        "num_attention_heads": 8, "num_key_value_heads": 2, "head_dim": 16,
        "tie_word_embeddings": False, "rope_theta": 500000.0,
        "rope_scaling": LLAMA3}),
    "random-mha": ("llama", "sentencepiece", {
        "hidden_size": 64, "intermediate_size": 112, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_key_value_heads": 4,
        "tie_word_embeddings": True}),
    "random-llama3": ("llama", "llama3", {
        **SMALL, "tie_word_embeddings": True, "rope_theta": 500000.0,
        "rope_scaling": LLAMA3}),
    "random-llama-biases": ("llama", "sentencepiece", {
        **SMALL, "attention_bias": True, "mlp_bias": True}),
    "random-mistral": ("mistral", "sentencepiece", {
        **SMALL, "sliding_window": None}),
    "random-mistral-window": ("mistral", "sentencepiece", {
        **SMALL, "sliding_window": 9}),
    "random-qwen2": ("qwen2", "qwen2", {
        **SMALL, "tie_word_embeddings": True}),
    "random-qwen3": ("qwen3", "qwen2", {**SMALL, "head_dim": 16}),
    "random-qwen3-biases": ("qwen3", "qwen2", {
        **SMALL, "head_dim": 16, "attention_bias": True}),
}
# Those that differ from the others by their architecture, not by adapters.
IN_BRIEF = [name for name in MODELS if name not in ("random-gqa",
                                                    "random-mha")]


def name_rope_as_before(file_name):
    """Also where transformers 4 looks for it."""
    with open(file_name, encoding="utf-8") as file:
        config = json.load(file)
    rope = dict(config["rope_parameters"])
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = rope if rope["rope_type"] != "default" else None
    with open(file_name, "w", encoding="utf-8") as file:
        json.dump(config, file)


def copy_tokenizer(source, folder):
    for name in TOKENIZER_FILES:
        if os.path.exists(os.path.join(source, name)):
            shutil.copy(os.path.realpath(os.path.join(source, name)),
                        os.path.join(folder, name))


@torch.no_grad()
def move_vectors(model):
    """Biases and norms, which a fresh model has at zero and one."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            deviation = 0.1 if "norm" in name else 0.3
            parameter += deviation * torch.randn_like(parameter)


def make(name, folder):
    """A folder as save_pretrained leaves it, in shards, with a tokenizer; the
    embedding has 7 rows more than the tokenizer pieces."""
    model_type, tokenizer, changes = MODELS[name]
    reference = ReferenceTokenizer(TOKENIZERS[tokenizer])
    torch.manual_seed(5)
    config = transformers.AutoConfig.for_model(
        model_type, vocab_size=reference.size + 7,
        bos_token_id=reference.bos, eos_token_id=reference.eos,
        max_position_embeddings=256, initializer_range=0.08, **changes)
    model = transformers.AutoModelForCausalLM.from_config(config)
    move_vectors(model)
    out = os.path.join(folder, name)
    model.save_pretrained(out, max_shard_size="200KB")
    name_rope_as_before(os.path.join(out, "config.json"))
    copy_tokenizer(TOKENIZERS[tokenizer], out)
    return out
